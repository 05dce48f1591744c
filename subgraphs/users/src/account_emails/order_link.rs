//! A guest finds an order again: orders says so, and knows the link by an id that opens nothing. What is mailed is our
//! statement about that id, so nobody can open the order who has read the message or the row in orders.

use contracts::mail::OrderLink;
use kit::Result;
use kit::messaging::Message;
use vocab::Email;

use super::AccountEmails;
use crate::language::Language;
use crate::mail::Occasion;

/// How users is called among those who handle messages.
const CONSUMER: &str = "users";
/// Whom nobody is written to as.
const NOBODY: &str = "nobody@nobody.invalid";

/// For whom the statement is.
const AUDIENCE: &str = "mercato-order-link";

impl AccountEmails {
    pub(crate) async fn send_order_link(&self, message: &Message, link: &OrderLink) -> Result<()> {
        let OrderLink { to, link, language, expires_at } = link;
        let token = self.sessions.issuer().state(AUDIENCE, link)?;
        let txn = self.store.begin().await?;
        if !txn.first_delivery(CONSUMER, message).await? {
            return Ok(txn.rollback().await?);
        }
        let language = Language::of(language.as_deref());
        let write = |to: &Email| self.writer.with_token(Occasion::OrderLink, to, language, &token, *expires_at);
        match to {
            Some(to) => self.store.post(&txn, &write(to)).await?,
            None => self.store.post_to_nobody(&txn, &write(&Email::parse(NOBODY)?)).await?,
        }
        Ok(txn.commit().await?)
    }
}
