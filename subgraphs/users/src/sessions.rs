//! Sessions from their beginning to their end.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use kit::identity::token::ended_key;
use kit::messaging::Bus;
use kit::{Code, Refusal, Result, Role, Txn};
use redis::AsyncCommands;
use tokio_util::sync::CancellationToken;
use vocab::{SessionId, UserId};

use crate::account::Account;
use crate::admission::{Admission, Arrival, SignedIn, Ticket};
use crate::known_device::DeviceToken;
use crate::one_use::{OneUseToken, Purpose};
use crate::permission::Permissions;
use crate::session::{Method, Proof, RefreshToken, Session, TOLD_FOR};
use crate::settings::{Settings, StaffSecondFactor};
use crate::store::{Grant, Rotation, Store};
use crate::throttle::{Attempt, Throttle, TooManyAttempts};
use crate::token::{AccessToken, Issuer};

/// A Redis that was emptied knows again after this which sessions have ended.
const TOLD_EVERY: Duration = Duration::from_secs(2);
/// Stands in Redis while it knows of every session that ended. A Redis that forgets, forgets this too.
const ALL_TOLD: &str = "mercato:ended";
/// One that comes back with what it held a while ago does not have it any more.
const ALL_TOLD_SECONDS: i64 = 10;
/// What ended since is told again all the same: telling may have failed, and a crash may cost Redis its last second.
const RECENT: TimeDelta = TimeDelta::seconds(60);

/// Begins sessions, lets them go on, and ends them.
#[derive(Clone)]
pub struct Sessions {
    store: Store,
    issuer: Issuer,
    throttle: Throttle,
    settings: Settings,
    /// Where others hear of sessions that have ended. None where nobody listens.
    bus: Option<Bus>,
}

/// What became of a refresh.
#[derive(Clone, Debug)]
pub enum Refreshed {
    SignedIn(SignedIn),
    /// The token is none, was used before, or is of a session that is over.
    Ended,
    TooManyAttempts(TooManyAttempts),
}

impl Sessions {
    pub fn new(store: Store, issuer: Issuer, throttle: Throttle, settings: Settings, bus: Option<Bus>) -> Self {
        Self { store, issuer, throttle, settings, bus }
    }

    /// Who signs in the shop's name.
    pub(crate) fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// Lets the owner of `account` in, who has shown it with `method`; where a second factor is needed, up to there. With
    /// the caller's transaction.
    pub(crate) async fn admit(
        &self,
        txn: &Txn,
        account: Arc<Account>,
        arrival: Arrival,
        method: Method,
    ) -> Result<Admission> {
        if !Store::takes_second_factor(txn, &account.id).await? {
            return Ok(Admission::SignedIn(self.begin(txn, account, arrival, &[method]).await?));
        }
        let token = OneUseToken::generate()?;
        let grant = Grant {
            user_id: account.id.clone(),
            email: account.email.clone(),
            detail: Some(Proof::written(&[method])),
        };
        let expires_at = self.store.insert_token(txn, &token, Purpose::SecondFactor, Some(&grant)).await?;
        Ok(Admission::SecondFactor(Ticket { token, expires_at }))
    }

    /// Begins a session for the owner of `account`, who has shown it with `methods`, with the caller's transaction. None
    /// begins for a disabled account, whatever way led here.
    pub(crate) async fn begin(
        &self,
        txn: &Txn,
        account: Arc<Account>,
        arrival: Arrival,
        methods: &[Method],
    ) -> Result<SignedIn> {
        if Store::is_disabled(txn, &account.id).await? {
            return Err(Refusal::new(Code::Forbidden, "This account is disabled.").into());
        }
        let now = self.store.clock().now();
        let session = Session {
            id: SessionId::generate(),
            user_id: account.id.clone(),
            device: arrival.device,
            created_at: now,
            last_used_at: now,
            proof: Some(Proof::now(now, methods)),
        };
        let refresh_token = RefreshToken::first()?;
        Store::insert_session(txn, &session, &refresh_token).await?;
        let token = self.token(&account, &session.id, session.proof.as_ref())?;
        let device_token = Some(self.store.know_device(txn, &account.id, arrival.token).await?);
        Ok(SignedIn { account, session: session.id, token, refresh_token, device_token })
    }

    /// Whether this user signed in on a device before.
    pub(crate) async fn knows(&self, device: &DeviceToken, user: &UserId) -> Result<bool> {
        let since = self.store.clock().now() - self.settings.device_life();
        Ok(self.store.owner_of_device(device, since).await?.is_some_and(|owner| owner == *user))
    }

    /// An access token. Where staff must have a second factor it names what they may do only after they have shown it.
    pub(crate) fn token(&self, account: &Account, session: &SessionId, proof: Option<&Proof>) -> Result<AccessToken> {
        let enough = self.settings.staff_second_factor == StaffSecondFactor::Optional
            || proof.is_some_and(|proof| proof.has(Method::Otp));
        if enough || account.permissions.is_empty() {
            return self.issuer.issue(account, session, proof);
        }
        let bare = Account { permissions: Permissions::none(), ..account.clone() };
        self.issuer.issue(&bare, session, proof)
    }

    /// Goes on with the session of a refresh token, which is used up with that, but for who asks again at once.
    pub async fn refresh(&self, token: &str, client: Option<IpAddr>) -> Result<Refreshed> {
        let presented = RefreshToken::parse(token);
        let family = presented.as_ref().map(RefreshToken::family_hash);
        if let Err(refused) = self.throttle.admit(Attempt::Refresh, family.as_deref(), client).await {
            return Ok(Refreshed::TooManyAttempts(refused));
        }
        let Some(presented) = presented else { return Ok(Refreshed::Ended) };
        let (grace, life) = (self.settings.refresh_grace(), self.settings.session_life());
        let txn = self.store.begin().await?;
        match self.store.rotate(&txn, &presented, grace, life).await? {
            Rotation::Next(session, next) => {
                let account = Store::account_in(&txn, &session.user_id).await?;
                let Some(account) = account.filter(|account| self.lasts(account, &session)) else {
                    txn.rollback().await?;
                    return Ok(Refreshed::Ended);
                };
                let token = self.token(&account, &session.id, session.proof.as_ref())?;
                txn.commit().await?;
                let (account, session) = (Arc::new(account), session.id);
                Ok(Refreshed::SignedIn(SignedIn { account, session, token, refresh_token: next, device_token: None }))
            }
            Rotation::Reused(session) => {
                txn.commit().await?;
                tracing::warn!(%session, "a refresh token was used again: its session has ended");
                self.tell(&[session]).await;
                Ok(Refreshed::Ended)
            }
            Rotation::Unknown => {
                txn.rollback().await?;
                Ok(Refreshed::Ended)
            }
        }
    }

    /// Whether a session of this account still goes on: one of the staff is over sooner.
    fn lasts(&self, account: &Account, session: &Session) -> bool {
        let unused = self.store.clock().now() - session.last_used_at;
        account.role != Role::Staff || unused < self.settings.staff_session_life()
    }

    /// Ends a session of this user. False when it is not theirs, or not there.
    pub async fn end(&self, session: &SessionId, of: &UserId) -> Result<bool> {
        let txn = self.store.begin().await?;
        let ended = self.store.end_session(&txn, session, of).await?;
        txn.commit().await?;
        self.tell(&ended).await;
        Ok(!ended.is_empty())
    }

    /// Ends all sessions of this user.
    pub async fn end_all(&self, of: &UserId) -> Result<()> {
        let txn = self.store.begin().await?;
        let ended = self.end_others(&txn, of, None).await?;
        txn.commit().await?;
        self.tell(&ended).await;
        Ok(())
    }

    /// Ends all sessions of this user but one, with the caller's transaction. After its commit: [`Sessions::tell`].
    pub(crate) async fn end_others(&self, txn: &Txn, of: &UserId, but: Option<&SessionId>) -> Result<Vec<SessionId>> {
        self.store.end_sessions(txn, of, but).await
    }

    /// The session that a refresh token is or was of, as long as it goes on.
    pub(crate) async fn of_token(&self, token: &str) -> Result<Option<Session>> {
        match RefreshToken::parse(token) {
            Some(token) => self.store.session_of_token(&token).await,
            None => Ok(None),
        }
    }

    /// A session that was last used before this is over.
    pub(crate) fn used_since(&self) -> DateTime<Utc> {
        self.store.clock().now() - self.settings.session_life()
    }

    /// Lets everybody know that these sessions have ended, so that no access token of theirs is believed. If that fails
    /// now, [`Sessions::keep_telling`] does it.
    pub(crate) async fn tell(&self, ended: &[SessionId]) {
        let Some(bus) = self.bus.as_ref().filter(|_| !ended.is_empty()) else { return };
        let keys = ended.iter().map(|session| (ended_key(session.as_str()), TOLD_FOR.num_seconds()));
        if let Err(cause) = set_all(bus, keys).await {
            tracing::warn!(%cause, "others do not hear yet which sessions have ended");
        }
    }

    /// Sees to it that everybody knows which sessions have ended while access tokens of theirs may stand, until told to
    /// stop.
    pub async fn keep_telling(self, stop: CancellationToken) {
        while stop.run_until_cancelled(tokio::time::sleep(TOLD_EVERY)).await.is_some() {
            if let Err(failure) = self.keep_told().await {
                let cause = failure.into_anyhow();
                tracing::warn!(cause = format!("{cause:#}"), "others may not know yet which sessions have ended");
            }
        }
    }

    /// Tells of the sessions that have just ended; of every one that matters, if Redis has forgotten.
    pub async fn keep_told(&self) -> Result<()> {
        let Some(bus) = &self.bus else { return Ok(()) };
        let now = self.store.clock().now();
        let remembers: bool = bus.connection().exists(ALL_TOLD).await?;
        let ended = self.store.sessions_ended_since(now - if remembers { RECENT } else { TOLD_FOR }).await?;
        let ended = ended.iter().map(|(session, at)| (ended_key(session), (*at + TOLD_FOR - now).num_seconds()));
        Ok(set_all(bus, ended.chain([(ALL_TOLD.to_owned(), ALL_TOLD_SECONDS)])).await?)
    }
}

/// Lets keys stand for so many seconds, all or none of them.
async fn set_all(bus: &Bus, keys: impl Iterator<Item = (String, i64)>) -> redis::RedisResult<()> {
    let mut setting = redis::pipe();
    setting.atomic();
    for (key, seconds) in keys {
        setting.cmd("SET").arg(key).arg(1).arg("EX").arg(seconds.max(1)).ignore();
    }
    setting.query_async(&mut bus.connection()).await
}
