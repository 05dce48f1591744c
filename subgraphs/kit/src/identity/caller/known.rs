use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderMap;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use quick_cache::sync::Cache;
use redis::AsyncCommands;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use super::{AUDIENCE, Call, Caller, HEADER, LIFETIME, Statement, published_key};
use crate::identity::token::is_ours;
use crate::messaging::Bus;
use crate::{Code, Refusal};

/// Checks who calls, against the keys that our processes have published.
#[derive(Clone)]
pub struct Callers(Arc<Inner>);

struct Inner {
    /// None where the keys are known from the start.
    bus: Option<Bus>,
    keys: Cache<String, Known>,
    /// Credentials that held, until they end: the router sends one several times for one operation.
    held: Cache<String, (i64, Caller)>,
}

#[derive(Clone)]
struct Known {
    key: DecodingKey,
    looked_up: Instant,
}

const REMEMBERED_KEYS: usize = 256;
const REMEMBERED_CREDENTIALS: usize = 10_000;
/// A key that was withdrawn is believed for no longer than this, unless Redis is away.
const LOOKED_UP_AGAIN_AFTER: Duration = Duration::from_secs(300);
const LEEWAY_SECONDS: u64 = 5;
/// A thumbprint (RFC 7638) in base64url.
const KID_LENGTH: usize = 43;

impl Callers {
    /// Looks keys up in Redis.
    pub fn published(bus: Bus) -> Self {
        Self::new(Some(bus), None)
    }

    /// Knows one key: for tests.
    pub fn fixed(key: &Jwk) -> Self {
        Self::new(None, Some(key))
    }

    fn new(bus: Option<Bus>, key: Option<&Jwk>) -> Self {
        let keys = Cache::new(REMEMBERED_KEYS);
        if let Some((kid, known)) = key.and_then(known) {
            keys.insert(kid, known);
        }
        Self(Arc::new(Inner { bus, keys, held: Cache::new(REMEMBERED_CREDENTIALS) }))
    }

    /// Who sends these headers; refused when it is none of ours.
    pub async fn caller(&self, headers: &HeaderMap) -> Result<Caller, Refusal> {
        let credential = headers.get(HEADER).and_then(|value| value.to_str().ok()).ok_or_else(stranger)?;
        if let Some((until, caller)) = self.0.held.get(credential)
            && now() < until
        {
            return Ok(caller);
        }
        let Statement { iss, exp, said: Call { ip, acts }, .. } = self.statement(credential, AUDIENCE).await?;
        let caller = Caller { name: iss, client: ip, acts };
        self.0.held.insert(credential.to_owned(), (exp, caller.clone()));
        Ok(caller)
    }

    /// What one of our processes has signed for `audience`, if it still holds.
    pub async fn said<T: DeserializeOwned + Clone>(&self, text: &str, audience: &str) -> Result<T, Refusal> {
        Ok(self.statement(text, audience).await?.said)
    }

    async fn statement<T: DeserializeOwned + Clone>(
        &self,
        text: &str,
        audience: &str,
    ) -> Result<Statement<T>, Refusal> {
        let header = decode_header(text).map_err(|_malformed| stranger())?;
        // The algorithm is ours to choose, never the token's.
        if header.alg != Algorithm::EdDSA {
            return Err(stranger());
        }
        let key = self.key(&header.kid.ok_or_else(stranger)?).await?;
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_audience(&[audience]);
        validation.set_required_spec_claims(&["iss", "aud", "exp", "nbf"]);
        validation.validate_nbf = true;
        validation.leeway = LEEWAY_SECONDS;
        let statement: Statement<T> = decode(text, &key, &validation).map_err(|_unproven| stranger())?.claims;
        let now = crate::Clock::system().now();
        if !is_ours(statement.iat, statement.exp, LIFETIME, LEEWAY_SECONDS, now) {
            return Err(stranger());
        }
        Ok(statement)
    }

    async fn key(&self, kid: &str) -> Result<DecodingKey, Refusal> {
        let known = self.0.keys.get(kid);
        let fresh = |known: &Known| self.0.bus.is_none() || known.looked_up.elapsed() < LOOKED_UP_AGAIN_AFTER;
        if let Some(known) = known.as_ref().filter(|known| fresh(known)) {
            return Ok(known.key.clone());
        }
        let thumbprint =
            kid.len() == KID_LENGTH && kid.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        let Some(bus) = self.0.bus.as_ref().filter(|_| thumbprint) else { return Err(stranger()) };
        match bus.connection().get::<_, Option<String>>(published_key(kid)).await {
            Ok(Some(document)) => {
                let jwk = serde_json::from_str::<Jwk>(&document).ok();
                let (_, found) = jwk.as_ref().and_then(self::known).ok_or_else(stranger)?;
                self.0.keys.insert(kid.to_owned(), found.clone());
                Ok(found.key)
            }
            Ok(None) => {
                self.0.keys.remove(kid);
                Err(not_known_yet())
            }
            // Better a key that was good than nobody served.
            Err(cause) => known.map(|known| known.key).ok_or_else(|| {
                tracing::error!(%cause, "the keys that prove who calls cannot be looked up");
                not_known_yet()
            }),
        }
    }
}

fn known(jwk: &Jwk) -> Option<(String, Known)> {
    let key = DecodingKey::from_jwk(jwk).ok()?;
    Some((jwk.common.key_id.clone()?, Known { key, looked_up: Instant::now() }))
}

fn now() -> i64 {
    crate::Clock::system().now().timestamp()
}

fn stranger() -> Refusal {
    Refusal::new(Code::Forbidden, "This address answers the router and the edge alone. Send your request to the edge.")
}

/// Redis may have been emptied: whoever calls publishes its key again in a moment.
fn not_known_yet() -> Refusal {
    Refusal::new(Code::Unavailable, "Who calls cannot be checked at this moment. Try again shortly.")
}
