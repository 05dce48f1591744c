//! Signing in with a provider, and which accounts that may reach.
//!
//! A provider's account reaches the account that it is linked with, and no other. An address alone links nothing with an
//! account whose owner has shown that it is theirs: else whoever gets an address vouched for, at any provider, would own
//! what stands under it here. An account whose address nobody has shown to be theirs is the other way round: somebody
//! may have registered it in advance, to wait in it for its owner. The first who shows that the address is theirs gets
//! it, and nothing of what the other knew opens it any more.

use std::sync::Arc;

use kit::{Result, Role, Txn};
use vocab::{Email, UserId};

use crate::account::{Account, DisplayName};
use crate::account_emails::AccountEmails;
use crate::admission::{Admission, Arrival};
use crate::identity::Assertion;
use crate::mail::Occasion;
use crate::permission::Permissions;
use crate::session::Method;
use crate::sessions::Sessions;
use crate::store::Store;

/// Lets people in whom a provider knows.
#[derive(Clone)]
pub struct Identities {
    store: Store,
    sessions: Sessions,
    emails: AccountEmails,
}

/// What became of a sign-in with a provider.
#[derive(Clone, Debug)]
pub enum IdentitySignIn {
    In(Admission),
    /// Somebody has an account with this address: they sign in to it and link the provider.
    NotLinked,
    /// The provider vouches for no address.
    WithoutEmail,
}

/// What became of the wish to link a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linking {
    Done,
    /// The provider's account is linked with another account of ours.
    Taken,
    /// This account is linked with another account of the same provider.
    AnotherOfProvider,
    /// There is no such user any more.
    Gone,
}

/// What became of the wish to unlink a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unlinking {
    Done,
    NotThere,
    /// Without it there would be no way into the account.
    LastWayIn,
}

/// What others see of somebody whose provider gave no name that can stand.
const NAMELESS: &str = "Customer";

impl Identities {
    pub fn new(store: Store, sessions: Sessions, emails: AccountEmails) -> Self {
        Self { store, sessions, emails }
    }

    pub async fn sign_in(&self, asserted: &Assertion, arrival: Arrival) -> Result<IdentitySignIn> {
        let txn = self.store.begin().await?;
        if let Some(admission) = self.known(&txn, asserted, arrival.clone()).await? {
            txn.commit().await?;
            return Ok(IdentitySignIn::In(admission));
        }
        let vouched = asserted.email.as_deref().filter(|_| asserted.email_verified);
        let Some(email) = vouched.and_then(|email| Email::parse(email).ok()) else {
            txn.rollback().await?;
            return Ok(IdentitySignIn::WithoutEmail);
        };
        let Some((account, ended)) = self.first_sign_in(&txn, asserted, email).await? else {
            txn.rollback().await?;
            // Unless another request of the same person was faster.
            let txn = self.store.begin().await?;
            let known = self.known(&txn, asserted, arrival).await?;
            txn.commit().await?;
            return Ok(known.map_or(IdentitySignIn::NotLinked, IdentitySignIn::In));
        };
        let admission = self.sessions.admit(&txn, Arc::new(account), arrival, Method::Federated).await?;
        txn.commit().await?;
        self.sessions.tell(&ended).await;
        Ok(IdentitySignIn::In(admission))
    }

    /// Lets in whose account is linked already. Who adds a second factor at this moment, takes the provider away or is
    /// erased comes before this or after it, and not between: the account is looked at in hand.
    async fn known(&self, txn: &Txn, asserted: &Assertion, arrival: Arrival) -> Result<Option<Admission>> {
        let Some(user) = Store::user_of_identity(txn, asserted).await? else { return Ok(None) };
        let Some((account, _)) = Store::account_in_hand(txn, &user).await? else { return Ok(None) };
        if Store::user_of_identity(txn, asserted).await?.as_ref() != Some(&user) {
            return Ok(None);
        }
        Ok(Some(self.sessions.admit(txn, Arc::new(account), arrival, Method::Federated).await?))
    }

    /// The account of somebody whom the provider lets in here for the first time, and the sessions that ended with
    /// that. None when its address is verified already: whoever showed that keeps it.
    async fn first_sign_in(
        &self,
        txn: &Txn,
        asserted: &Assertion,
        email: Email,
    ) -> Result<Option<(Account, Vec<vocab::SessionId>)>> {
        let now = self.store.clock().now();
        let named = asserted.name.as_deref().and_then(|name| DisplayName::parse(name).ok());
        let account = Account {
            id: UserId::generate(),
            email,
            email_verified_at: Some(now),
            display_name: named.unwrap_or_else(|| DisplayName::stored(NAMELESS.to_owned())),
            role: Role::User,
            permissions: Permissions::none(),
            created_at: now,
        };
        if Store::insert_account(txn, &account, None).await? {
            let linked = self.store.insert_identity(txn, asserted, &account.id).await?;
            return Ok(linked.then_some((account, Vec::new())));
        }
        let Some(found) = Store::account_of_email(txn, &account.email).await? else { return Ok(None) };
        if found.email_verified_at.is_some() {
            return Ok(None);
        }
        // The one who registered it has shown nothing. Nothing of theirs stays: no password, name, link or session.
        let account = Account { id: found.id, created_at: found.created_at, ..account };
        Store::update_account(txn, &account, None).await?;
        Store::delete_identities(txn, &account.id).await?;
        Store::forget_devices(txn, &account.id).await?;
        Store::remove_second_factor(txn, &account.id).await?;
        Store::revoke_tokens(txn, &account.id).await?;
        let ended = self.sessions.end_others(txn, &account.id, None).await?;
        let linked = self.store.insert_identity(txn, asserted, &account.id).await?;
        Ok(linked.then_some((account, ended)))
    }

    /// Links the account of somebody who is signed in, and tells its address. Once more changes nothing, and tells nobody.
    pub async fn link(&self, user: &UserId, asserted: &Assertion) -> Result<Linking> {
        let txn = self.store.begin().await?;
        let Some((account, _)) = Store::account_in_hand(&txn, user).await? else {
            txn.rollback().await?;
            return Ok(Linking::Gone);
        };
        let inserted = self.store.insert_identity(&txn, asserted, user).await?;
        let linked = match Store::user_of_identity(&txn, asserted).await? {
            Some(owner) if owner == *user => Linking::Done,
            Some(_) => Linking::Taken,
            None => Linking::AnotherOfProvider,
        };
        if inserted {
            self.emails.notice(&txn, Occasion::IdentityLinked, &account).await?;
            txn.commit().await?
        } else {
            txn.rollback().await?
        }
        Ok(linked)
    }

    /// Takes a provider away, if another way in remains.
    pub async fn unlink(&self, user: &UserId, provider: &str) -> Result<Unlinking> {
        let txn = self.store.begin().await?;
        // Two who take different providers away wait for each other here.
        let password = Store::account_in_hand(&txn, user).await?.and_then(|(_, password)| password);
        let linked = Store::identities_in(&txn, user).await?;
        let unlinked = if !linked.iter().any(|identity| identity.provider == provider) {
            Unlinking::NotThere
        } else if password.is_none() && linked.len() == 1 {
            Unlinking::LastWayIn
        } else {
            Store::delete_identity(&txn, user, provider).await?;
            Unlinking::Done
        };
        if unlinked == Unlinking::Done {
            txn.commit().await?
        } else {
            txn.rollback().await?
        }
        Ok(unlinked)
    }
}
