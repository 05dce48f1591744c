//! An address is shown to be its owner's.

use std::net::IpAddr;
use std::sync::Arc;

use kit::Result;
use vocab::Email;

use super::register::Chosen;
use super::{Letters, MailAsked};
use crate::account::{Account, DisplayName};
use crate::mail::Occasion;
use crate::one_use::{OneUseToken, Purpose};
use crate::password::PasswordHash;
use crate::preferences::LanguageTag;
use crate::session::Device;
use crate::sessions::SignedIn;
use crate::store::{Grant, Store};
use crate::throttle::Attempt;

/// What became of a link that was followed.
#[derive(Clone, Debug)]
pub enum Verified {
    SignedIn(SignedIn),
    LinkExpired,
}

impl Letters {
    /// Sends another link to an address that is not verified yet. The same is said and done for every other.
    pub async fn send_verification(&self, email: &str, client: Option<IpAddr>) -> Result<MailAsked> {
        let email = match Email::parse(email) {
            Ok(email) => email,
            Err(flaw) => return Ok(MailAsked::Flawed(flaw)),
        };
        if let Err(refused) = self.throttle.admit(Attempt::Mail, Some(email.as_str()), client).await {
            return Ok(MailAsked::TooManyAttempts(refused));
        }
        let unverified =
            self.store.credentials(&email).await?.filter(|(account, _)| account.email_verified_at.is_none());
        let grant = unverified.map(|(account, hash)| grant(&account, hash.as_ref())).transpose()?;
        let txn = self.store.begin().await?;
        self.send_link(&txn, Occasion::Verify, Purpose::Verify, &email, grant.as_ref(), None).await?;
        txn.commit().await?;
        Ok(MailAsked::Done)
    }

    /// Takes the link that a registration ended with, and lets its owner in.
    pub async fn verify(&self, token: &str, device: Option<Device>) -> Result<Verified> {
        let txn = self.store.begin().await?;
        let Some(grant) = self.store.take_token(&txn, &OneUseToken::presented(token), Purpose::Verify).await? else {
            txn.rollback().await?;
            return Ok(Verified::LinkExpired);
        };
        let found = Store::account_in_hand(&txn, &grant.user_id).await?;
        let Some((account, _)) = found.filter(|(account, _)| account.email == grant.email) else {
            txn.rollback().await?;
            return Ok(Verified::LinkExpired);
        };
        // Whoever verified it in another way, with a provider for instance, has chosen otherwise since.
        let account = match (account.email_verified_at, grant.detail) {
            (None, Some(chosen)) => self.settle(&txn, account, serde_json::from_str(&chosen)?).await?,
            _ => account,
        };
        Store::revoke_tokens(&txn, &account.id).await?;
        let signed_in = self.sessions.begin(&txn, Arc::new(account), device).await?;
        txn.commit().await?;
        Ok(Verified::SignedIn(signed_in))
    }

    /// Makes the account what whoever asked for the link wanted it to be.
    async fn settle(&self, txn: &kit::Txn, account: Account, chosen: Chosen) -> Result<Account> {
        let account = Account {
            email_verified_at: Some(self.store.clock().now()),
            display_name: DisplayName::stored(chosen.display_name),
            ..account
        };
        let hash = Some(chosen.password_hash).filter(|hash| !hash.is_empty()).map(PasswordHash::stored);
        Store::update_account(txn, &account, hash.as_ref()).await?;
        if let Some(language) = chosen.language.as_deref().and_then(|tag| LanguageTag::parse(tag).ok()) {
            Store::prefer_language(txn, &account.id, &language).await?;
        }
        Ok(account)
    }
}

/// What the link is asked for with is what the account has now: a registration after this changes nothing of it.
fn grant(account: &Account, hash: Option<&PasswordHash>) -> Result<Grant> {
    let chosen = Chosen {
        password_hash: hash.map(|hash| hash.as_str().to_owned()).unwrap_or_default(),
        display_name: account.display_name.as_str().to_owned(),
        language: None,
    };
    Ok(Grant {
        user_id: account.id.clone(),
        email: account.email.clone(),
        detail: Some(serde_json::to_string(&chosen)?),
    })
}
