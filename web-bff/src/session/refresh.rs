//! A fresh access token for a session, fetched once however many ask.
//!
//! One request of all replicas holds a lock in Redis and asks the users subgraph; the others go on with the token while
//! it lasts, or wait for the new one. Of an answer that is lost, the users subgraph gives another within its grace.

use std::time::Duration;

use chrono::TimeDelta;
use kit::{Code, Failure, Refusal, Result};
use redis::Script;

use super::{Secret, Session, Sessions};
use crate::address::ClientAddress;
use crate::users::Outcome;

/// Longer than two attempts at the users subgraph. After a holder that died, another still comes within its grace.
const LOCKED_FOR: Duration = Duration::from_secs(7);
pub(super) const WAITS: Duration = Duration::from_secs(8);
pub(super) const LOOKS_AGAIN: Duration = Duration::from_millis(15);
/// A token with less than this before it may end on its way.
const USABLE: TimeDelta = TimeDelta::seconds(5);

impl Sessions {
    /// The session with an access token that holds; none where the session has ended.
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

    /// A client that hangs up takes its request with it, but not this: the old token is spent by now.
    async fn refresh_under(self, key: String, secret: Secret, calling: ClientAddress) -> Result<Option<Session>> {
        let refreshing = tokio::spawn(async move {
            let refreshed = self.refresh(&secret, calling).await;
            self.unlock(&secret, &key).await?;
            refreshed
        });
        refreshing.await?
    }

    /// Under the lock: another may have done it while this one waited.
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
                // Who signed out meanwhile stays signed out.
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

    /// The lock, if nobody holds it, with the key that opens it.
    pub(super) async fn lock(&self, secret: &Secret) -> Result<Option<String>> {
        let key = Secret::random()?;
        let mut command = redis::cmd("SET");
        command.arg(self.lock_key(secret)).arg(key.as_str()).arg("NX").arg("PX").arg(LOCKED_FOR.as_millis() as u64);
        let taken: Option<String> = command.query_async(&mut self.bus.connection()).await?;
        Ok(taken.map(|_| key.as_str().to_owned()))
    }

    /// Opens the lock, unless it ran out and somebody else holds it now.
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
