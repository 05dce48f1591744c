//! How somebody gets an account, and into it.

use std::net::IpAddr;
use std::sync::Arc;

use kit::{Result, Role};
use vocab::{Email, NotAnEmail, UserId};

use crate::account::{Account, DisplayName, NoDisplayName};
use crate::password::{Hashing, NoPassword, Password};
use crate::permission::Permissions;
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
}

/// What somebody typed to get an account.
pub struct Registration {
    pub email: String,
    pub password: String,
    pub display_name: String,
}

/// What became of a registration.
#[derive(Clone, Debug)]
pub enum Registered {
    /// Whoever has the address finds in their mail how it goes on, whether it had an account before or not.
    MailFollows,
    /// Something that was typed cannot stand; all of it is named at once.
    Flawed(Vec<Flaw>),
    TooManyAttempts(TooManyAttempts),
}

/// What cannot stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    Email(NotAnEmail),
    Password(NoPassword),
    DisplayName(NoDisplayName),
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
    pub fn new(store: Store, hashing: Hashing, sessions: Sessions, throttle: Throttle) -> Self {
        Self { store, hashing, sessions, throttle }
    }

    /// Does the same work and says the same whether the address has an account or not.
    pub async fn register(&self, typed: Registration, client: Option<IpAddr>) -> Result<Registered> {
        let (email, password, display_name) = match typed.checked() {
            Ok(checked) => checked,
            Err(flaws) => return Ok(Registered::Flawed(flaws)),
        };
        if let Err(refused) = self.throttle.admit(Attempt::Register, Some(email.as_str()), client).await {
            return Ok(Registered::TooManyAttempts(refused));
        }
        let hash = self.hashing.hash(password).await?;
        let account = Account {
            id: UserId::generate(),
            email,
            email_verified_at: None,
            display_name,
            role: Role::User,
            permissions: Permissions::none(),
            created_at: self.store.clock().now(),
        };
        let txn = self.store.begin().await?;
        Store::insert_account(&txn, &account, Some(&hash)).await?;
        txn.commit().await?;
        Ok(Registered::MailFollows)
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
            Err(NotAnEmail) => None,
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
        txn.commit().await?;
        self.sessions.tell(&ended).await;
        self.throttle.forgive(Attempt::Login, user.as_str()).await;
        Ok(PasswordChange::Changed)
    }
}

impl Registration {
    fn checked(self) -> Result<(Email, Password, DisplayName), Vec<Flaw>> {
        let email = Email::parse(&self.email).map_err(Flaw::Email);
        let password = Password::parse(self.password).map_err(Flaw::Password);
        let display_name = DisplayName::parse(&self.display_name).map_err(Flaw::DisplayName);
        match (email, password, display_name) {
            (Ok(email), Ok(password), Ok(display_name)) => Ok((email, password, display_name)),
            (email, password, display_name) => {
                Err([email.err(), password.err(), display_name.err()].into_iter().flatten().collect())
            }
        }
    }
}
