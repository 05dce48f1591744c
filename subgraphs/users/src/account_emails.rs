//! What goes by mail: an address is shown to be somebody's, a password is set without the one before, and owners hear of
//! what changes in their accounts.
//!
//! Whoever asks for a mail learns nothing from the answer, nor from how long it takes: where there is nobody to write to,
//! the same rows are written for nobody.

mod attempts;
mod email_change;
mod order_link;
mod register;
mod reset;
mod verify;

use kit::{Result, Txn};
use vocab::{Email, NotAnEmail, UserId};

pub use email_change::{EmailChange, EmailChangeConfirmed, EmailChangeFlaw};
pub use register::{Flaw, Registered, Registration};
pub use reset::Reset;
pub use verify::Verified;

use crate::account::Account;
use crate::language::Language;
use crate::mail::{Occasion, Writer};
use crate::one_use::{OneUseToken, Purpose};
use crate::password::Hashing;
use crate::sessions::Sessions;
use crate::store::{Grant, Store};
use crate::throttle::{Throttle, TooManyAttempts};

/// Writes to the owners of accounts, and takes the links that they were sent.
#[derive(Clone)]
pub struct AccountEmails {
    store: Store,
    hashing: Hashing,
    sessions: Sessions,
    throttle: Throttle,
    writer: Writer,
}

/// What became of the wish for a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailAsked {
    /// If there is somebody to write to, a mail is on its way.
    Done,
    Flawed(NotAnEmail),
    TooManyAttempts(TooManyAttempts),
}

impl AccountEmails {
    pub fn new(store: Store, hashing: Hashing, sessions: Sessions, throttle: Throttle, writer: Writer) -> Self {
        Self { store, hashing, sessions, throttle, writer }
    }

    /// What the shop is called.
    pub(crate) fn shop(&self) -> &str {
        self.writer.shop()
    }

    /// Tells the owner of an account what has happened to it, with the caller's transaction.
    pub(crate) async fn notice(&self, txn: &Txn, occasion: Occasion, account: &Account) -> Result<()> {
        self.notice_at(txn, occasion, &account.email, &account.id).await
    }

    async fn notice_at(&self, txn: &Txn, occasion: Occasion, to: &Email, user: &UserId) -> Result<()> {
        let language = Language::of(self.store.language_of(txn, user).await?.as_deref());
        self.store.post(txn, &self.writer.notice(occasion, to, language)).await
    }

    /// Sends a link that is good for `grant`; nobody anything, after the same work, without one.
    async fn send_link(
        &self,
        txn: &Txn,
        occasion: Occasion,
        purpose: Purpose,
        to: &Email,
        grant: Option<&Grant>,
        language: Option<Language>,
    ) -> Result<()> {
        let nobody = UserId::generate();
        let preferred = self.store.language_of(txn, grant.map_or(&nobody, |grant| &grant.user_id)).await?;
        let language = language.unwrap_or_else(|| Language::of(preferred.as_deref()));
        let token = OneUseToken::generate()?;
        let expires_at = self.store.insert_token(txn, &token, purpose, grant).await?;
        let mail = self.writer.with_token(occasion, to, language, token.reveal(), expires_at);
        match grant {
            Some(_) => self.store.post(txn, &mail).await,
            None => self.store.post_to_nobody(txn, &mail).await,
        }
    }
}
