use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::http::HeaderValue;
use chrono::TimeDelta;
use quick_cache::sync::Cache;
use redis::AsyncCommands;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::{AUDIENCE, Call, LIFETIME, Statement, published_key};
use crate::identity::signing::SigningKey;
use crate::messaging::Bus;
use crate::{Clock, Result};

/// How long one key signs.
const TURN: TimeDelta = TimeDelta::hours(1);
/// A Redis that was emptied has the key again after this.
const PUBLISHED_EVERY: Duration = Duration::from_secs(2);
/// Longer than any signature of a key that has had its turn.
const PUBLISHED_FOR_SECONDS: u64 = 600;
/// A credential serves again for the same client while most of its life is before it.
const REUSED_SECONDS: i64 = 20;
const REMEMBERED_CLIENTS: usize = 10_000;

/// The keys with which this process proves that it is one of ours.
#[derive(Clone)]
pub struct CallerKeys(Arc<Inner>);

struct Inner {
    name: &'static str,
    clock: Clock,
    current: RwLock<SigningKey>,
    issued: Cache<Option<IpAddr>, (i64, HeaderValue)>,
}

impl CallerKeys {
    /// Fresh keys for the role `name`. Nobody knows them until they are published.
    pub fn generate(name: &'static str, clock: Clock) -> Result<Self> {
        let current = RwLock::new(SigningKey::generate(clock.now())?);
        Ok(Self(Arc::new(Inner { name, clock, current, issued: Cache::new(REMEMBERED_CLIENTS) })))
    }

    /// Lets every subgraph know the public half.
    pub async fn publish(&self, bus: &Bus) -> Result<()> {
        let key = self.current();
        let document = serde_json::to_string(key.public())?;
        let mut connection = bus.connection();
        connection.set_ex::<_, _, ()>(published_key(key.kid()), document, PUBLISHED_FOR_SECONDS).await?;
        Ok(())
    }

    /// Publishes again and again, and changes keys, until told to stop.
    pub async fn keep_published(self, bus: Bus, stop: CancellationToken) {
        let mut failing = false;
        while stop.run_until_cancelled(tokio::time::sleep(PUBLISHED_EVERY)).await.is_some() {
            let done = self.renew(&bus).await;
            if let Err(failure) = &done
                && !failing
            {
                let cause = failure.clone().into_anyhow();
                tracing::warn!(cause = format!("{cause:#}"), "the key that proves who calls cannot be published");
            }
            failing = done.is_err();
        }
    }

    /// Publishes the key that signs; an hour old, it gives way to another, which is known before it signs.
    pub async fn renew(&self, bus: &Bus) -> Result<()> {
        self.publish(bus).await?;
        let now = self.0.clock.now();
        if now - self.current().created_at < TURN {
            return Ok(());
        }
        let next = Self::generate(self.0.name, self.0.clock.clone())?;
        next.publish(bus).await?;
        *self.0.current.write().unwrap_or_else(PoisonError::into_inner) = next.current();
        self.0.issued.clear();
        Ok(())
    }

    /// What goes into [`super::HEADER`] when calling for the client at `client`.
    pub fn credential(&self, client: Option<IpAddr>) -> Result<HeaderValue> {
        let now = self.0.clock.now().timestamp();
        if let Some((until, credential)) = self.0.issued.get(&client)
            && now < until
        {
            return Ok(credential);
        }
        let credential = self.issue(client, &[])?;
        self.0.issued.insert(client, (now + REUSED_SECONDS, credential.clone()));
        Ok(credential)
    }

    /// A credential with which this process does something of its own.
    pub fn credential_to(&self, act: &str, client: Option<IpAddr>) -> Result<HeaderValue> {
        self.issue(client, &[act])
    }

    fn issue(&self, client: Option<IpAddr>, acts: &[&str]) -> Result<HeaderValue> {
        let acts = acts.iter().map(|&act| act.to_owned()).collect();
        self.sign(AUDIENCE, &Call { ip: client, acts }).and_then(|text| Ok(HeaderValue::from_str(&text)?))
    }

    /// Signs a statement of this process for `audience`, good for a minute.
    pub fn sign(&self, audience: &str, said: &impl Serialize) -> Result<String> {
        let now = self.0.clock.now().timestamp();
        let statement = Statement {
            iss: self.0.name.to_owned(),
            aud: audience.to_owned(),
            iat: now,
            nbf: now,
            exp: now + LIFETIME.num_seconds(),
            said,
        };
        self.current().sign(&statement)
    }

    /// The key that signs now.
    pub fn current(&self) -> SigningKey {
        self.0.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
