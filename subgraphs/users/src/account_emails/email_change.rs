//! An account moves to another address.

use std::net::IpAddr;

use kit::Result;
use vocab::{Email, NotAnEmail, SessionId, UserId};

use super::AccountEmails;
use crate::mail::Occasion;
use crate::one_use::{OneUseToken, Purpose};
use crate::store::{Grant, Store};
use crate::throttle::{Attempt, TooManyAttempts, lane_of_session};

/// What became of the wish for another address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EmailChange {
    /// Mails are on their way, to both addresses.
    MailFollows,
    /// All that is in the way.
    Flawed(Vec<EmailChangeFlaw>),
    TooManyAttempts(TooManyAttempts),
}

/// What is in the way of another address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailChangeFlaw {
    WrongPassword,
    Address(NotAnEmail),
    /// It is the address that the account has.
    Same,
}

/// What became of the link to the new address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailChangeConfirmed {
    Done,
    LinkExpired,
    /// Somebody got an account with the address since the link was sent.
    Taken,
}

impl AccountEmails {
    /// Sends a link to the new address, and tells the old one. Whether the new one has an account, only its owner learns.
    pub async fn change_email(
        &self,
        user: &UserId,
        session: Option<&SessionId>,
        password: String,
        new: &str,
        client: Option<IpAddr>,
    ) -> Result<EmailChange> {
        let lane = lane_of_session(user, session);
        if let Err(refused) = self.throttle.admit(Attempt::Login, Some(&lane), client).await {
            return Ok(EmailChange::TooManyAttempts(refused));
        }
        let hash = self.store.password_of(user).await?;
        let wrong = (!self.hashing.matches(password, hash).await?).then_some(EmailChangeFlaw::WrongPassword);
        let new = match (wrong, Email::parse(new)) {
            (None, Ok(new)) => new,
            (wrong, new) => {
                let flaws = wrong.into_iter().chain(new.err().map(EmailChangeFlaw::Address));
                return Ok(EmailChange::Flawed(flaws.collect()));
            }
        };
        self.throttle.forgive(Attempt::Login, &lane).await;
        let attempt = Attempt::Mail(Occasion::EmailChange);
        if let Err(refused) = self.throttle.admit(attempt, Some(new.as_str()), client).await {
            return Ok(EmailChange::TooManyAttempts(refused));
        }
        let txn = self.store.begin().await?;
        let Some(account) = Store::account_in(&txn, user).await? else {
            txn.rollback().await?;
            return Ok(EmailChange::Flawed(vec![EmailChangeFlaw::WrongPassword]));
        };
        if account.email == new {
            txn.rollback().await?;
            return Ok(EmailChange::Flawed(vec![EmailChangeFlaw::Same]));
        }
        let taken = Store::account_of_email(&txn, &new).await?;
        if let Some(other) = taken.filter(|other| other.email_verified_at.is_some()) {
            self.store.insert_token(&txn, &OneUseToken::generate()?, Purpose::Change, None).await?;
            self.notice(&txn, Occasion::EmailChangeTaken, &other).await?;
        } else {
            let detail = Some(account.email.as_str().to_owned());
            let grant = Grant { user_id: user.clone(), email: new.clone(), detail };
            self.send_link(&txn, Occasion::EmailChange, Purpose::Change, &new, Some(&grant), None).await?;
        }
        self.notice(&txn, Occasion::EmailChangeAsked, &account).await?;
        txn.commit().await?;
        Ok(EmailChange::MailFollows)
    }

    /// Takes the link: from now on the account has the new address, and the old one hears of it.
    pub async fn confirm_email_change(&self, token: &str) -> Result<EmailChangeConfirmed> {
        let txn = self.store.begin().await?;
        let Some(grant) = self.store.take_token(&txn, &OneUseToken::presented(token), Purpose::Change).await? else {
            txn.rollback().await?;
            return Ok(EmailChangeConfirmed::LinkExpired);
        };
        let found = Store::account_in_hand(&txn, &grant.user_id).await?;
        let still = found.filter(|(account, _)| grant.detail.as_deref() == Some(account.email.as_str()));
        let Some((account, _)) = still else {
            txn.rollback().await?;
            return Ok(EmailChangeConfirmed::LinkExpired);
        };
        if Store::account_of_email(&txn, &grant.email).await?.is_some() {
            txn.rollback().await?;
            return Ok(EmailChangeConfirmed::Taken);
        }
        Store::change_email(&txn, &account.id, &grant.email, self.store.clock().now()).await?;
        Store::revoke_tokens(&txn, &account.id).await?;
        self.notice(&txn, Occasion::EmailChanged, &account).await?;
        txn.commit().await?;
        Ok(EmailChangeConfirmed::Done)
    }
}
