//! Proof of who is asking: Ed25519-signed tokens, verified here in every process that answers.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::sync::RwLock;
use tokio::time::Instant;

use crate::{Code, Owner, Refused, Role, Signed, Viewer};

/// `[auth]` in the configuration: what a token must say to be believed.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AuthSettings {
    pub issuer: String,
    pub audience: String,
    /// Where the issuer publishes its public keys.
    pub jwks_url: String,
    /// The header in which a guest sends the secret that its things belong to.
    pub guest_header: String,
}

/// What a token says. `sub` is the user's id.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Claims {
    pub iss: String,
    pub aud: String,
    pub sub: String,
    #[serde(default)]
    pub role: Role,
    /// The session that the token was issued in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    pub jti: String,
    pub iat: i64,
    pub nbf: i64,
    pub exp: i64,
    #[serde(default)]
    pub permissions: Vec<String>,
    /// [`email_hash`] of the address that the user has shown to be theirs. Absent while none is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email_hash: Option<String>,
    /// When the user last proved who they are in this session, in seconds since 1970 (OpenID Connect).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    /// How they proved it then: `pwd`, `otp` … (RFC 8176).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
}

/// An address as a token names it: base64url of the SHA-256 of its normal form. It tells whoever knows the address that
/// it is the same, and nobody else what it is.
pub fn email_hash(normalised: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(normalised.as_bytes()))
}

/// Where it stands in Redis that a session has ended, as long as a token that was issued in it might be believed.
pub fn ended_key(session: &str) -> String {
    format!("mercato:ended:{session}")
}

/// Verifies tokens against the issuer's public keys.
#[derive(Clone)]
pub struct Verifier(Arc<Inner>);

struct Inner {
    settings: AuthSettings,
    /// None where the keys are known from the start and never change.
    fetch: Option<reqwest::Client>,
    keys: RwLock<Keys>,
}

#[derive(Default)]
struct Keys {
    by_id: HashMap<String, DecodingKey>,
    fetched_at: Option<Instant>,
}

/// An unknown key id makes us ask the issuer again, but no stranger makes us ask more often than this.
const REFETCH_AT_MOST_EVERY: Duration = Duration::from_secs(5);
const LEEWAY_SECONDS: u64 = 5;

impl Verifier {
    /// Fetches the keys from `settings.jwks_url` when the first token comes.
    pub fn remote(settings: AuthSettings) -> Self {
        Self::new(settings, Some(reqwest::Client::new()), Keys::default())
    }

    /// Knows its keys: for the issuer itself, and for tests.
    pub fn fixed(settings: AuthSettings, keys: &JwkSet) -> Self {
        Self::new(settings, None, Keys { by_id: ed25519_keys(keys), fetched_at: None })
    }

    /// Knows these keys from now on, and no others: for the issuer itself, whose keys change.
    pub async fn know(&self, keys: &JwkSet) {
        self.0.keys.write().await.by_id = ed25519_keys(keys);
    }

    fn new(settings: AuthSettings, fetch: Option<reqwest::Client>, keys: Keys) -> Self {
        Self(Arc::new(Inner { settings, fetch, keys: RwLock::new(keys) }))
    }

    /// Who sends these headers. A token that does not hold is refused; it never counts as "nobody".
    pub async fn viewer(&self, headers: &HeaderMap) -> Result<Viewer, Refused> {
        let signed = match headers.get(AUTHORIZATION) {
            Some(value) => Some(self.verify(bearer(value)?).await?),
            None => None,
        };
        let secret = headers.get(&self.0.settings.guest_header).and_then(|value| value.to_str().ok());
        let guest = secret.filter(|secret| !secret.is_empty()).map(Owner::guest);
        Ok(Viewer { signed, guest })
    }

    pub async fn verify(&self, token: &str) -> Result<Signed, Refused> {
        let header = decode_header(token).map_err(|_malformed| unbelieved())?;
        // The algorithm is ours to choose, never the token's.
        if header.alg != Algorithm::EdDSA {
            return Err(unbelieved());
        }
        let key = self.key(&header.kid.ok_or_else(unbelieved)?).await?;
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[&self.0.settings.issuer]);
        validation.set_audience(&[&self.0.settings.audience]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp", "nbf"]);
        validation.validate_nbf = true;
        validation.leeway = LEEWAY_SECONDS;
        let claims = decode::<Claims>(token, &key, &validation).map_err(|_unproven| unbelieved())?.claims;
        let Claims { sub, role, sid, permissions, email_hash, auth_time, amr, .. } = claims;
        Ok(Signed { user_id: sub, role, session: sid, permissions, email_hash, auth_time, amr })
    }

    async fn key(&self, id: &str) -> Result<DecodingKey, Refused> {
        if let Some(key) = self.0.keys.read().await.by_id.get(id) {
            return Ok(key.clone());
        }
        let Some(client) = &self.0.fetch else { return Err(unbelieved()) };
        let mut keys = self.0.keys.write().await;
        let fresh = keys.fetched_at.is_some_and(|at| at.elapsed() < REFETCH_AT_MOST_EVERY);
        if !fresh && !keys.by_id.contains_key(id) {
            keys.by_id = fetch(client, &self.0.settings.jwks_url).await?;
            keys.fetched_at = Some(Instant::now());
        }
        keys.by_id.get(id).cloned().ok_or_else(unbelieved)
    }
}

async fn fetch(client: &reqwest::Client, url: &str) -> Result<HashMap<String, DecodingKey>, Refused> {
    let unavailable = |cause: reqwest::Error| {
        tracing::error!(%cause, "the issuer's keys cannot be fetched");
        Refused::new(Code::Unavailable, "Your token cannot be checked at this moment. Try again shortly.")
    };
    let answer = client.get(url).timeout(Duration::from_secs(3)).send().await.map_err(unavailable)?;
    let set: JwkSet = answer.error_for_status().map_err(unavailable)?.json().await.map_err(unavailable)?;
    Ok(ed25519_keys(&set))
}

fn ed25519_keys(set: &JwkSet) -> HashMap<String, DecodingKey> {
    let usable = set.keys.iter().filter_map(|jwk| {
        let id = jwk.common.key_id.clone()?;
        Some((id, DecodingKey::from_jwk(jwk).ok()?))
    });
    usable.collect()
}

fn bearer(value: &axum::http::HeaderValue) -> Result<&str, Refused> {
    let text = value.to_str().map_err(|_not_ascii| unbelieved())?;
    let (scheme, token) = text.split_once(' ').ok_or_else(unbelieved)?;
    if scheme.eq_ignore_ascii_case("bearer") { Ok(token.trim()) } else { Err(unbelieved()) }
}

/// One answer for every way in which a token fails: which one is nobody's business.
fn unbelieved() -> Refused {
    Refused::new(Code::Unauthenticated, "The token is not valid or has expired. Sign in again.")
}
