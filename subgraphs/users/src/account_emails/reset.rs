//! A password is set without the one before.

use std::net::IpAddr;

use kit::Result;
use vocab::Email;

use super::{AccountEmails, MailAsked};
use crate::account::Account;
use crate::known_device::DeviceToken;
use crate::mail::Occasion;
use crate::one_use::{OneUseToken, Purpose};
use crate::password::{PasswordFlaw, known_of};
use crate::store::{Grant, Store};
use crate::throttle::{Attempt, TooManyAttempts};

/// What became of a new password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reset {
    /// On this device its owner signs in whatever others try.
    Done(DeviceToken),
    Flawed(PasswordFlaw),
    LinkExpired,
    TooManyAttempts(TooManyAttempts),
}

impl AccountEmails {
    /// Sends a link to whoever has an account with this address. The same is said and done for every other.
    pub async fn request_reset(&self, email: &str, client: Option<IpAddr>) -> Result<MailAsked> {
        let email = match Email::parse(email) {
            Ok(email) => email,
            Err(flaw) => return Ok(MailAsked::Flawed(flaw)),
        };
        let attempt = Attempt::Mail(Occasion::PasswordReset);
        if let Err(refused) = self.throttle.admit(attempt, Some(email.as_str()), client).await {
            return Ok(MailAsked::TooManyAttempts(refused));
        }
        let grant = self.store.credentials(&email).await?.map(|(account, _)| Grant {
            user_id: account.id,
            email: account.email,
            detail: None,
        });
        let txn = self.store.begin().await?;
        self.send_link(&txn, Occasion::PasswordReset, Purpose::Reset, &email, grant.as_ref(), None).await?;
        txn.commit().await?;
        Ok(MailAsked::Done)
    }

    /// Takes the link, sets the password, ends every session and makes every other link worthless.
    pub async fn reset(&self, token: &str, new: String, client: Option<IpAddr>) -> Result<Reset> {
        let token = OneUseToken::presented(token);
        // Nobody has a hash made for nothing.
        let Some(grant) = self.store.grant_of(&token, Purpose::Reset).await? else { return Ok(Reset::LinkExpired) };
        let Some(account) = self.store.account(&grant.user_id).await? else { return Ok(Reset::LinkExpired) };
        // A flawed password leaves the link as it is, so they are counted.
        if let Err(refused) = self.throttle.admit(Attempt::NewPassword, Some(&token.hash()), client).await {
            return Ok(Reset::TooManyAttempts(refused));
        }
        let about = known_of(self.writer.shop(), &account.email, account.display_name.as_str());
        let new = match self.hashing.choose(new, about).await? {
            Ok(new) => new,
            Err(flaw) => return Ok(Reset::Flawed(flaw)),
        };
        let hash = self.hashing.hash(new).await?;
        let txn = self.store.begin().await?;
        let grant = self.store.take_token(&txn, &token, Purpose::Reset).await?;
        let found = match &grant {
            Some(grant) => Store::account_in_hand(&txn, &grant.user_id).await?,
            None => None,
        };
        let still = found.filter(|(account, _)| grant.is_some_and(|grant| grant.email == account.email));
        let Some((account, _)) = still else {
            txn.rollback().await?;
            return Ok(Reset::LinkExpired);
        };
        let email_verified_at = account.email_verified_at.or_else(|| Some(self.store.clock().now()));
        let account = Account { email_verified_at, ..account };
        Store::update_account(&txn, &account, Some(&hash)).await?;
        Store::revoke_tokens(&txn, &account.id).await?;
        Store::forget_devices(&txn, &account.id).await?;
        let device = self.store.know_device(&txn, &account.id, None).await?;
        let ended = self.sessions.end_others(&txn, &account.id, None).await?;
        self.notice(&txn, Occasion::PasswordChanged, &account).await?;
        txn.commit().await?;
        self.sessions.tell(&ended).await;
        self.throttle.pardon(account.email.as_str(), client).await;
        Ok(Reset::Done(device))
    }
}
