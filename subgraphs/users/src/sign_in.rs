//! The two ways in: with a new account, or with the one that somebody has.

use std::sync::Arc;

use kit::Result;
use vocab::{Email, NotAnEmail, UserId};

use crate::account::{Account, DisplayName, NoDisplayName};
use crate::password::{Hashing, NoPassword, Password};
use crate::store::Store;
use crate::token::{AccessToken, Issuer};

/// Lets people in.
#[derive(Clone)]
pub struct SignIn {
    store: Store,
    hashing: Hashing,
    issuer: Issuer,
}

/// Somebody who is in, and the token that says so.
#[derive(Clone, Debug)]
pub struct SignedIn {
    pub account: Arc<Account>,
    pub token: AccessToken,
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
    SignedIn(SignedIn),
    /// Something that was typed cannot stand; all of it is named at once.
    Flawed(Vec<Flaw>),
    /// There is an account with this address.
    EmailTaken,
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
}

impl SignIn {
    pub fn new(store: Store, hashing: Hashing, issuer: Issuer) -> Self {
        Self { store, hashing, issuer }
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    pub async fn register(&self, typed: Registration) -> Result<Registered> {
        let (email, password, display_name) = match typed.checked() {
            Ok(checked) => checked,
            Err(flaws) => return Ok(Registered::Flawed(flaws)),
        };
        // Asked before the hash is paid for; the insert below is what decides.
        if self.store.credentials(&email).await?.is_some() {
            return Ok(Registered::EmailTaken);
        }
        let hash = self.hashing.hash(password).await?;
        let account = Account {
            id: UserId::generate(),
            email,
            display_name,
            permissions: Vec::new(),
            created_at: self.store.clock().now(),
        };
        if !self.store.insert_account(&account, &hash).await? {
            return Ok(Registered::EmailTaken);
        }
        Ok(Registered::SignedIn(self.let_in(account)?))
    }

    /// Takes as long for an address that nobody has as for a wrong password.
    pub async fn login(&self, email: &str, password: String) -> Result<Login> {
        let credentials = match Email::parse(email) {
            Ok(email) => self.store.credentials(&email).await?,
            Err(NotAnEmail) => None,
        };
        let (account, hash) = credentials.unzip();
        let matches = self.hashing.matches(password, hash).await?;
        match account {
            Some(account) if matches => Ok(Login::SignedIn(self.let_in(account)?)),
            _ => Ok(Login::InvalidCredentials),
        }
    }

    fn let_in(&self, account: Account) -> Result<SignedIn> {
        let token = self.issuer.issue(&account)?;
        Ok(SignedIn { account: Arc::new(account), token })
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
