//! An address is shown to be its owner's.
//!
//! The link opens the account, and the password that counts from then on is the one that is given where it leads: the one
//! of the registration that the link belongs to, or another. Without one there is none. So whoever registered somebody
//! else's address has a password that opens nothing, whichever link its owner follows.

use std::net::IpAddr;
use std::sync::Arc;

use kit::{Result, Txn};
use vocab::Email;

use super::register::Chosen;
use super::{AccountEmails, MailAsked};
use crate::account::{Account, DisplayName};
use crate::admission::{Admission, Arrival};
use crate::mail::Occasion;
use crate::one_use::{OneUseToken, Purpose};
use crate::password::{PasswordFlaw, PasswordHash, known_of};
use crate::preferences::LanguageTag;
use crate::session::Method;
use crate::store::{Grant, Store};
use crate::throttle::{Attempt, TooManyAttempts};

/// What became of a link that was followed.
#[derive(Clone, Debug)]
pub enum Verified {
    In(Admission),
    LinkExpired,
    /// The password is none to have. The link holds on.
    Flawed(PasswordFlaw),
    TooManyAttempts(TooManyAttempts),
}

impl AccountEmails {
    /// Sends another link to an address that is not verified yet. The same is said and done for every other. It goes with
    /// no password: whoever asked for it may be anybody.
    pub async fn send_verification(&self, email: &str, client: Option<IpAddr>) -> Result<MailAsked> {
        let email = match Email::parse(email) {
            Ok(email) => email,
            Err(flaw) => return Ok(MailAsked::Flawed(flaw)),
        };
        if let Err(refused) = self.throttle.admit(Attempt::Mail(Occasion::Verify), Some(email.as_str()), client).await {
            return Ok(MailAsked::TooManyAttempts(refused));
        }
        let unverified =
            self.store.credentials(&email).await?.filter(|(account, _)| account.email_verified_at.is_none());
        let grant = unverified.map(|(account, _)| grant(&account)).transpose()?;
        let txn = self.store.begin().await?;
        self.send_link(&txn, Occasion::Verify, Purpose::Verify, &email, grant.as_ref(), None).await?;
        txn.commit().await?;
        Ok(MailAsked::Done)
    }

    /// Takes the link that a registration ended with, and lets its owner in.
    pub async fn verify(
        &self,
        token: &str,
        password: Option<String>,
        arrival: Arrival,
        client: Option<IpAddr>,
    ) -> Result<Verified> {
        let token = OneUseToken::presented(token);
        let Some(grant) = self.store.grant_of(&token, Purpose::Verify).await? else { return Ok(Verified::LinkExpired) };
        // A flawed password leaves the link as it is, so they are counted.
        if password.is_some()
            && let Err(refused) = self.throttle.admit(Attempt::NewPassword, Some(&token.hash()), client).await
        {
            return Ok(Verified::TooManyAttempts(refused));
        }
        let hash = match password {
            Some(password) => match self.counting(password, &grant).await? {
                Ok(hash) => Some(hash),
                Err(flaw) => return Ok(Verified::Flawed(flaw)),
            },
            None => None,
        };
        let txn = self.store.begin().await?;
        let Some(grant) = self.store.take_token(&txn, &token, Purpose::Verify).await? else {
            txn.rollback().await?;
            return Ok(Verified::LinkExpired);
        };
        let found = Store::account_in_hand(&txn, &grant.user_id).await?;
        let Some((account, _)) = found.filter(|(account, _)| account.email == grant.email) else {
            txn.rollback().await?;
            return Ok(Verified::LinkExpired);
        };
        // Whoever verified it in another way, with a provider for instance, has chosen otherwise since.
        let (account, ended) = match (account.email_verified_at, grant.detail) {
            (None, Some(chosen)) => self.settle(&txn, account, hash, serde_json::from_str(&chosen)?).await?,
            _ => (account, Vec::new()),
        };
        Store::revoke_tokens(&txn, &account.id).await?;
        let admission = self.sessions.admit(&txn, Arc::new(account), arrival, Method::Email).await?;
        txn.commit().await?;
        self.sessions.tell(&ended).await;
        Ok(Verified::In(admission))
    }

    /// What a password is kept as that is given with a link: as the registration kept it, if it is the same, else as one
    /// that is chosen now.
    async fn counting(&self, password: String, grant: &Grant) -> Result<Result<PasswordHash, PasswordFlaw>> {
        let chosen: Option<Chosen> = grant.detail.as_deref().map(serde_json::from_str).transpose()?;
        let registered = chosen.as_ref().map(|chosen| chosen.password_hash.clone()).filter(|hash| !hash.is_empty());
        let registered = registered.map(PasswordHash::stored);
        if self.hashing.matches(password.clone(), registered.clone()).await?
            && let Some(hash) = registered
        {
            return Ok(Ok(hash));
        }
        let name = chosen.map(|chosen| chosen.display_name).unwrap_or_default();
        match self.hashing.choose(password, known_of(self.writer.shop(), &grant.email, &name)).await? {
            Ok(password) => Ok(Ok(self.hashing.hash(password).await?)),
            Err(flaw) => Ok(Err(flaw)),
        }
    }

    /// Makes the account what whoever asked for the link wanted it to be, with this password or none. What others wanted
    /// is void, and so is whatever they began in it. The sessions that have ended with that.
    async fn settle(
        &self,
        txn: &Txn,
        account: Account,
        hash: Option<PasswordHash>,
        chosen: Chosen,
    ) -> Result<(Account, Vec<vocab::SessionId>)> {
        let account = Account {
            email_verified_at: Some(self.store.clock().now()),
            display_name: DisplayName::stored(chosen.display_name),
            ..account
        };
        Store::update_account(txn, &account, hash.as_ref()).await?;
        Store::delete_identities(txn, &account.id).await?;
        Store::forget_devices(txn, &account.id).await?;
        Store::remove_second_factor(txn, &account.id).await?;
        let ended = self.sessions.end_others(txn, &account.id, None).await?;
        if let Some(language) = chosen.language.as_deref().and_then(|tag| LanguageTag::parse(tag).ok()) {
            Store::prefer_language(txn, &account.id, &language).await?;
        }
        Ok((account, ended))
    }
}

fn grant(account: &Account) -> Result<Grant> {
    let chosen =
        Chosen { password_hash: String::new(), display_name: account.display_name.as_str().to_owned(), language: None };
    Ok(Grant {
        user_id: account.id.clone(),
        email: account.email.clone(),
        detail: Some(serde_json::to_string(&chosen)?),
    })
}
