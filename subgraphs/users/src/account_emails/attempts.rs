//! An owner hears that others try to get in.

use kit::Result;
use vocab::{Email, UserId};

use super::AccountEmails;
use crate::account::Account;
use crate::language::Language;
use crate::mail::Occasion;

impl AccountEmails {
    /// Tells the owner of an account that its password is being guessed. The same work is done where there is none.
    pub(crate) async fn tell_of_attempts(&self, email: &str, account: Option<&Account>) -> Result<()> {
        let account = account.filter(|account| account.email_verified_at.is_some());
        let Ok(to) = Email::parse(email) else { return Ok(()) };
        let txn = self.store.begin().await?;
        match account {
            Some(account) => self.notice(&txn, Occasion::SignInAttempts, account).await?,
            None => {
                let language = self.store.language_of(&txn, &UserId::generate()).await?;
                let mail = self.writer.notice(Occasion::SignInAttempts, &to, Language::of(language.as_deref()));
                self.store.post_to_nobody(&txn, &mail).await?;
            }
        }
        Ok(txn.commit().await?)
    }
}
