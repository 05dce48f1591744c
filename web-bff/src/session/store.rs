use chrono::{DateTime, TimeDelta, Utc};
use kit::identity::token::ended_key;
use kit::messaging::Bus;
use kit::{Clock, Result};
use redis::AsyncCommands;

use super::{SealedStore, Secret, Session};
use crate::settings::SessionSettings;
use crate::users::{SignedIn, Users};

/// The sessions of all browsers, kept in Redis for every replica.
#[derive(Clone)]
pub struct Sessions {
    pub(super) bus: Bus,
    pub(super) records: SealedStore,
    pub(super) users: Users,
    pub(super) clock: Clock,
    pub(super) settings: SessionSettings,
}

/// How much of its idle time a session may have spent before that is written down.
const SLIDES_EVERY_SECONDS: u64 = 60;

impl Sessions {
    pub fn new(bus: Bus, users: Users, clock: Clock, settings: SessionSettings) -> Self {
        let records = SealedStore::new(bus.clone(), "session");
        Self { bus, records, users, clock, settings }
    }

    /// A session under a secret that nobody has seen before. Whoever planted a cookie holds a worthless one.
    pub async fn begin(&self, signed_in: SignedIn) -> Result<(Secret, Session)> {
        let secret = Secret::random()?;
        let session = Session::of(signed_in, self.clock.now());
        self.records.put(&secret, &session, self.lasts(&session)).await?;
        Ok((secret, session))
    }

    /// For how long a browser keeps the cookie.
    pub fn longest_seconds(&self, session: &Session) -> u64 {
        u64::from(self.longest_minutes(session)) * 60
    }

    fn longest_minutes(&self, session: &Session) -> u32 {
        if session.is_staff { self.settings.staff_longest_minutes } else { self.settings.longest_minutes }
    }

    /// The session as it stands, kept for another while.
    pub async fn find(&self, secret: &Secret) -> Result<Option<Session>> {
        let Some((session, left)) = self.records.get::<Session>(secret).await? else { return Ok(None) };
        let lasts = self.lasts(&session);
        if lasts == 0 {
            self.records.remove(secret).await?;
            return Ok(None);
        }
        if left.saturating_add(SLIDES_EVERY_SECONDS) < lasts {
            self.records.keep(secret, lasts).await?;
        }
        Ok(Some(session))
    }

    #[cfg(test)]
    pub fn place(&self, secret: &Secret) -> String {
        self.records.redis_key(secret)
    }

    pub async fn end(&self, secret: &Secret) -> Result<()> {
        self.records.remove(secret).await
    }

    /// Whether the users subgraph has ended the session that an access token belongs to.
    pub async fn has_ended(&self, sid: &str) -> Result<bool> {
        Ok(self.bus.connection().exists(ended_key(sid)).await?)
    }

    /// When the session is over however much it is used.
    pub fn ends(&self, session: &Session) -> DateTime<Utc> {
        session.began_at + TimeDelta::minutes(i64::from(self.longest_minutes(session)))
    }

    /// Seconds from now until the session ends if nothing comes.
    fn lasts(&self, session: &Session) -> u64 {
        let idle = if session.is_staff { self.settings.staff_idle_minutes } else { self.settings.idle_minutes };
        let left = (self.ends(session) - self.clock.now()).num_seconds();
        u64::try_from(left).unwrap_or_default().min(u64::from(idle) * 60)
    }
}
