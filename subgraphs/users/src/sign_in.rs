//! How somebody gets into an account.

use std::net::IpAddr;
use std::sync::Arc;

use kit::Result;
use vocab::{Email, UserId};

use crate::letters::Letters;
use crate::mail::Occasion;
use crate::password::{Hashing, NoPassword, Password};
use crate::session::Device;
use crate::sessions::{Sessions, SignedIn};
use crate::store::Store;
use crate::throttle::{Attempt, Throttle, TooManyAttempts};

/// Lets people in.
#[derive(Clone)]
pub struct SignIn {
    store: Store,
    hashing: Hashing,
    sessions: Sessions,
    throttle: Throttle,
    letters: Letters,
}

/// What became of a login.
#[derive(Clone, Debug)]
pub enum Login {
    SignedIn(SignedIn),
    /// No such account, or another password: which one is nobody's business.
    InvalidCredentials,
    /// The password is right, and nobody has shown yet that the address is theirs.
    EmailNotVerified,
    TooManyAttempts(TooManyAttempts),
}

/// What became of the wish for another password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordChange {
    Changed,
    WrongPassword,
    Flawed(NoPassword),
    TooManyAttempts(TooManyAttempts),
}

impl SignIn {
    pub fn new(store: Store, hashing: Hashing, sessions: Sessions, throttle: Throttle, letters: Letters) -> Self {
        Self { store, hashing, sessions, throttle, letters }
    }

    /// Takes as long for an address that nobody has as for a wrong password.
    pub async fn login(
        &self,
        email: &str,
        password: String,
        device: Option<Device>,
        client: Option<IpAddr>,
    ) -> Result<Login> {
        if let Err(refused) = self.throttle.admit(Attempt::Login, Some(email), client).await {
            return Ok(Login::TooManyAttempts(refused));
        }
        let credentials = match Email::parse(email) {
            Ok(email) => self.store.credentials(&email).await?,
            Err(_no_address) => None,
        };
        let (account, hash) = credentials.unzip();
        let hash = hash.flatten();
        let matches = self.hashing.matches(password, hash.clone()).await?;
        let (Some(account), Some(hash)) = (account.filter(|_| matches), hash) else {
            return Ok(Login::InvalidCredentials);
        };
        if account.email_verified_at.is_none() {
            return Ok(Login::EmailNotVerified);
        }
        let txn = self.store.begin().await?;
        // Whoever has changed the password meanwhile has ended every session of the former one, and this must not begin
        // after that.
        if !self.store.still_has(&txn, &account.id, &hash).await? {
            txn.rollback().await?;
            return Ok(Login::InvalidCredentials);
        }
        let signed_in = self.sessions.begin(&txn, Arc::new(account), device).await?;
        txn.commit().await?;
        self.throttle.forgive(Attempt::Login, email).await;
        Ok(Login::SignedIn(signed_in))
    }

    /// Changes the password of somebody who is signed in and knows it, and ends all their sessions but this one.
    pub async fn change_password(
        &self,
        user: &UserId,
        session: Option<&vocab::SessionId>,
        current: String,
        new: String,
        client: Option<IpAddr>,
    ) -> Result<PasswordChange> {
        let new = match Password::parse(new) {
            Ok(new) => new,
            Err(flaw) => return Ok(PasswordChange::Flawed(flaw)),
        };
        if let Err(refused) = self.throttle.admit(Attempt::Login, Some(user.as_str()), client).await {
            return Ok(PasswordChange::TooManyAttempts(refused));
        }
        let hash = self.store.password_of(user).await?;
        if !self.hashing.matches(current, hash.clone()).await? {
            return Ok(PasswordChange::WrongPassword);
        }
        let new = self.hashing.hash(new).await?;
        let txn = self.store.begin().await?;
        let changed = match hash {
            Some(hash) => Store::change_password(&txn, user, &hash, &new).await?,
            None => false,
        };
        if !changed {
            txn.rollback().await?;
            return Ok(PasswordChange::WrongPassword);
        }
        let ended = self.sessions.end_others(&txn, user, session).await?;
        if let Some(account) = Store::account_in(&txn, user).await? {
            self.letters.notice(&txn, Occasion::PasswordChanged, &account).await?;
        }
        txn.commit().await?;
        self.sessions.tell(&ended).await;
        self.throttle.forgive(Attempt::Login, user.as_str()).await;
        Ok(PasswordChange::Changed)
    }
}
