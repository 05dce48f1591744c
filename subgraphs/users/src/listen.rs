//! What users hears of other subgraphs.

use async_trait::async_trait;
use contracts::decoded;
use contracts::mail::MailCommand;
use kit::Result;
use kit::identity::audit::{AuditEvent, RECORDED};
use kit::messaging::{Message, MessageHandler};

use crate::account_emails::AccountEmails;
use crate::store::Store;

/// What the rest of the shop asks of users.
pub use contracts::stream::USERS_COMMANDS as COMMANDS;

/// Hears what staff does anywhere in the shop.
pub struct AuditEvents(pub Store);

#[async_trait]
impl MessageHandler for AuditEvents {
    async fn handle(&self, message: &Message) -> Result<()> {
        if message.kind != RECORDED {
            return Ok(());
        }
        let deed: AuditEvent = message.read()?;
        self.0.hear_of_deed(message, &deed).await
    }
}

/// Writes the mails that others want written.
pub struct Commands(pub AccountEmails);

#[async_trait]
impl MessageHandler for Commands {
    async fn handle(&self, message: &Message) -> Result<()> {
        let MailCommand::OrderLink(link) = decoded(message, "users")?;
        self.0.send_order_link(message, &link).await
    }
}
