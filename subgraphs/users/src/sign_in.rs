//! How somebody gets into an account.

use std::net::IpAddr;
use std::sync::Arc;

use kit::Result;
use vocab::{Email, SessionId, UserId};

use crate::account::Account;
use crate::account_emails::AccountEmails;
use crate::admission::{Admission, Arrival};
use crate::mail::Occasion;
use crate::password::{Hashing, PasswordFlaw, PasswordHash, known_of};
use crate::session::Method;
use crate::sessions::Sessions;
use crate::store::Store;
use crate::throttle::{Attempt, Guess, Place, Throttle, TooManyAttempts, lane_of_session};

/// Lets people in.
#[derive(Clone)]
pub struct SignIn {
    store: Store,
    hashing: Hashing,
    sessions: Sessions,
    throttle: Throttle,
    emails: AccountEmails,
}

/// What became of a login.
#[derive(Clone, Debug)]
pub enum Login {
    In(Admission),
    /// No such account, or another password: which one is nobody's business.
    InvalidCredentials,
    /// The password is right, and nobody has shown yet that the address is theirs.
    EmailNotVerified,
    TooManyAttempts(TooManyAttempts),
}

/// What became of the wish for another password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PasswordChange {
    Changed,
    /// All that is in the way.
    Flawed(Vec<PasswordChangeFlaw>),
    TooManyAttempts(TooManyAttempts),
}

/// What is in the way of another password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PasswordChangeFlaw {
    WrongPassword,
    /// There is no password to show, and who they are was shown too long ago.
    SignInAgain,
    New(PasswordFlaw),
}

impl SignIn {
    pub fn new(store: Store, hashing: Hashing, sessions: Sessions, throttle: Throttle, emails: AccountEmails) -> Self {
        Self { store, hashing, sessions, throttle, emails }
    }

    /// Takes as long for an address that nobody has as for a wrong password.
    pub async fn login(
        &self,
        email: &str,
        password: String,
        arrival: Arrival,
        client: Option<IpAddr>,
    ) -> Result<Login> {
        if let Err(refused) = self.throttle.admit(Attempt::Login, None, client).await {
            return Ok(Login::TooManyAttempts(refused));
        }
        let parsed = Email::parse(email).ok();
        // An address that can be written in several ways is one.
        let email = parsed.as_ref().map_or(email, Email::as_str);
        let lane = match self.lane(email, &arrival, client).await? {
            Ok(lane) => lane,
            Err(refused) => return Ok(Login::TooManyAttempts(refused)),
        };
        let (account, hash) = self.credentials(email).await?.unzip();
        if lane.is_suspect() && self.throttle.may_tell(email).await {
            self.emails.tell_of_attempts(email, account.as_ref()).await?;
        }
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
        let admission = self.sessions.admit(&txn, Arc::new(account), arrival, Method::Password).await?;
        txn.commit().await?;
        match lane {
            Lane::Own(device) => self.throttle.forgive(Attempt::Login, &device).await,
            Lane::Strangers(place) => self.throttle.leave(&place).await,
        }
        Ok(Login::In(admission))
    }

    async fn credentials(&self, email: &str) -> Result<Option<(Account, Option<PasswordHash>)>> {
        match Email::parse(email) {
            Ok(email) => self.store.credentials(&email).await,
            Err(_no_address) => Ok(None),
        }
    }

    /// Where somebody tries: on a device that they signed in on before, or among the strangers.
    async fn lane(
        &self,
        email: &str,
        arrival: &Arrival,
        client: Option<IpAddr>,
    ) -> Result<Result<Lane, TooManyAttempts>> {
        if let Some(token) = &arrival.token
            && let Some((account, _)) = self.credentials(email).await?
            && self.sessions.knows(token, &account.id).await?
        {
            let device = token.hash();
            // Who has had their tries there stands where strangers stand.
            if self.throttle.admit(Attempt::Login, Some(&device), None).await.is_ok() {
                return Ok(Ok(Lane::Own(device)));
            }
        }
        Ok(self.throttle.queue(Guess::Password, email, client).await.map(Lane::Strangers))
    }

    /// Changes the password of somebody who is signed in and knows it, and ends all their sessions but this one. Who has
    /// none chooses one, if they have `proven` a moment ago who they are.
    pub async fn change_password(
        &self,
        user: &UserId,
        session: Option<&SessionId>,
        current: Option<String>,
        new: String,
        proven: bool,
        client: Option<IpAddr>,
    ) -> Result<PasswordChange> {
        let lane = lane_of_session(user, session);
        if let Err(refused) = self.throttle.admit(Attempt::Login, Some(&lane), client).await {
            return Ok(PasswordChange::TooManyAttempts(refused));
        }
        let hash = self.store.password_of(user).await?;
        let wrong = || PasswordChange::Flawed(vec![PasswordChangeFlaw::WrongPassword]);
        let unproven = match &hash {
            None => (!proven).then_some(PasswordChangeFlaw::SignInAgain),
            Some(_) => {
                let matches = self.hashing.matches(current.unwrap_or_default(), hash.clone()).await?;
                (!matches).then_some(PasswordChangeFlaw::WrongPassword)
            }
        };
        let Some(account) = self.store.account(user).await? else { return Ok(wrong()) };
        let about = known_of(self.emails.shop(), &account.email, account.display_name.as_str());
        let new = match (unproven, self.hashing.choose(new, about).await?) {
            (None, Ok(new)) => self.hashing.hash(new).await?,
            (unproven, new) => {
                let flaws = unproven.into_iter().chain(new.err().map(PasswordChangeFlaw::New));
                return Ok(PasswordChange::Flawed(flaws.collect()));
            }
        };
        let txn = self.store.begin().await?;
        if !Store::change_password(&txn, user, hash.as_ref(), &new).await? {
            txn.rollback().await?;
            return Ok(wrong());
        }
        Store::revoke_tokens(&txn, user).await?;
        let ended = self.sessions.end_others(&txn, user, session).await?;
        self.emails.notice(&txn, Occasion::PasswordChanged, &account).await?;
        txn.commit().await?;
        self.sessions.tell(&ended).await;
        self.throttle.forgive(Attempt::Login, &lane).await;
        Ok(PasswordChange::Changed)
    }
}

/// Where attempts at a password queue.
enum Lane {
    /// Of a known device, by the hash of its token.
    Own(String),
    Strangers(Place),
}

impl Lane {
    /// Whether the owner should hear of it.
    fn is_suspect(&self) -> bool {
        matches!(self, Self::Strangers(place) if place.is_suspect)
    }
}
