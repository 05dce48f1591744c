//! Refreshes the access token of a session, once for any number of concurrent requests.
//!
//! Of the requests of all replicas, one holds a lock in Redis and calls the users subgraph. The others use the old token while
//! it is valid, or wait for the new one. If the answer is lost, the users subgraph gives another within its grace period.

use std::time::Duration;

use chrono::TimeDelta;
use kit::{Code, Failure, Refusal, Result};
use redis::Script;

use super::{Secret, Session, Sessions};
use crate::address::ClientAddress;
use crate::users::Outcome;

/// Longer than two calls to the users subgraph, and short enough that the grace period is not over when a holder dies.
const LOCKED_FOR: Duration = Duration::from_secs(7);
pub(super) const WAITS: Duration = Duration::from_secs(8);
pub(super) const LOOKS_AGAIN: Duration = Duration::from_millis(15);
/// A token that expires sooner may be invalid on arrival.
const USABLE: TimeDelta = TimeDelta::seconds(5);

impl Sessions {
    /// The session with a valid access token; `None` if it has ended.
    pub async fn fresh(&self, secret: &Secret, calling: ClientAddress) -> Result<Option<Session>> {
        let waiting = async {
            loop {
                let Some(session) = self.find(secret).await? else { return Ok(None) };
                if !self.is_due(&session) {
                    return Ok(Some(session));
                }
                if let Some(key) = self.lock(secret).await? {
                    return match self.clone().refresh_under(key, secret.clone(), calling).await {
                        // The users subgraph is away, and the token still holds.
                        Err(failure) if failure.is_transient() && self.is_usable(&session) => Ok(Some(session)),
                        refreshed => refreshed,
                    };
                }
                if self.is_usable(&session) {
                    return Ok(Some(session));
                }
                tokio::time::sleep(LOOKS_AGAIN).await;
            }
        };
        tokio::time::timeout(WAITS, waiting).await.unwrap_or_else(|_elapsed| Err(try_again()))
    }

    /// Runs as a task of its own, since the refresh token is used up: a client that hangs up must not cancel it.
    async fn refresh_under(self, key: String, secret: Secret, calling: ClientAddress) -> Result<Option<Session>> {
        let refreshing = tokio::spawn(async move {
            let refreshed = self.refresh(&secret, calling).await;
            self.unlock(&secret, &key).await?;
            refreshed
        });
        refreshing.await?
    }

    /// Called under the lock. Another request may have refreshed the session while this one waited for it.
    async fn refresh(&self, secret: &Secret, calling: ClientAddress) -> Result<Option<Session>> {
        let Some(session) = self.find(secret).await? else { return Ok(None) };
        if !self.is_due(&session) {
            return Ok(Some(session));
        }
        let mut outcome = self.users.refresh(&session.refresh_token, calling).await;
        if outcome.as_ref().is_err_and(Failure::is_transient) {
            outcome = self.users.refresh(&session.refresh_token, calling).await;
        }
        match outcome? {
            Outcome::Done(signed_in) => {
                let session = Session::of(signed_in, session.began_at);
                // A session that was ended meanwhile is not written again.
                Ok(self.records.replace(secret, &session).await?.then_some(session))
            }
            Outcome::Refused(user_error) if user_error.is_transient() => Err(try_again()),
            Outcome::Refused(_) => {
                self.end(secret).await?;
                Ok(None)
            }
        }
    }

    fn is_due(&self, session: &Session) -> bool {
        let ahead = TimeDelta::seconds(i64::from(self.settings.refresh_ahead_seconds));
        session.expires_at - self.clock.now() < ahead
    }

    fn is_usable(&self, session: &Session) -> bool {
        session.expires_at - self.clock.now() >= USABLE
    }

    /// Takes the lock if it is free. Returns the value that releases it.
    pub(super) async fn lock(&self, secret: &Secret) -> Result<Option<String>> {
        let key = Secret::random()?;
        let mut command = redis::cmd("SET");
        command.arg(self.lock_key(secret)).arg(key.as_str()).arg("NX").arg("PX").arg(LOCKED_FOR.as_millis() as u64);
        let taken: Option<String> = command.query_async(&mut self.bus.connection()).await?;
        Ok(taken.map(|_| key.as_str().to_owned()))
    }

    /// Releases the lock, unless it has expired and another request holds it now.
    pub(super) async fn unlock(&self, secret: &Secret, key: &str) -> Result<()> {
        let script = Script::new("if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end");
        let mut call = script.key(self.lock_key(secret));
        let _deleted: redis::Value = call.arg(key).invoke_async(&mut self.bus.connection()).await?;
        Ok(())
    }

    fn lock_key(&self, secret: &Secret) -> String {
        format!("{}:refresh", self.records.redis_key(secret))
    }
}

pub(super) fn try_again() -> Failure {
    Refusal::new(Code::Unavailable, "Your session cannot be renewed at this moment. Try again shortly.").into()
}
