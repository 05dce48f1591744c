//! Proof of who is asking: Ed25519-signed tokens, verified here in every process that answers.

mod lifetime;

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use quick_cache::sync::Cache;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::time::Instant;

pub use self::lifetime::LONGEST;
pub(crate) use self::lifetime::is_ours;
use crate::{Code, Owner, Refusal, Role, Signed, Viewer};

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
    /// For how many minutes a proof of who somebody is counts as recent.
    #[serde(default = "fifteen")]
    pub step_up_minutes: u32,
}

fn fifteen() -> u32 {
    15
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

/// Something that the issuer signs and that says nothing of who asks: that a link was sent, for instance. Nobody else can
/// write it, whatever they have read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Statement {
    pub iss: String,
    /// What it is for. Never that of the tokens that say who asks.
    pub aud: String,
    /// What it is about.
    pub sub: String,
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

type Keys = HashMap<String, DecodingKey>;

struct Inner {
    settings: AuthSettings,
    /// None where the keys are known from the start and never change.
    fetch: Option<reqwest::Client>,
    /// What the issuer said last. Held for a look and never across a wait.
    keys: RwLock<Arc<Keys>>,
    /// Whether the issuer answered, by the turn in which it was asked: once in each, however many want to know.
    asked: Cache<u64, bool>,
    /// The turn in which a key was last looked up for the sake of its age.
    renewed: AtomicU64,
    begun: Instant,
}

/// An unknown key id makes us ask the issuer again, but no stranger makes us ask more often than this. Until the turn is
/// over its outcome stands, also that there was none.
const TURN: Duration = Duration::from_secs(5);
/// The issuer is asked again after so many turns while tokens come: a new key is published for longer before it signs.
const RENEWED_AFTER_TURNS: u64 = 12;
const FETCH_WITHIN: Duration = Duration::from_secs(3);
const LEEWAY_SECONDS: u64 = 5;

impl Verifier {
    /// Fetches the keys from `settings.jwks_url` when the first token comes.
    pub fn remote(settings: AuthSettings) -> Self {
        Self::new(settings, Some(reqwest::Client::new()), Keys::default())
    }

    /// Knows its keys: for the issuer itself, and for tests.
    pub fn fixed(settings: AuthSettings, keys: &JwkSet) -> Self {
        Self::new(settings, None, ed25519_keys(keys))
    }

    /// Knows these keys from now on, and no others: for the issuer itself, whose keys change.
    pub async fn know(&self, keys: &JwkSet) {
        self.learn(ed25519_keys(keys));
    }

    fn new(settings: AuthSettings, fetch: Option<reqwest::Client>, keys: Keys) -> Self {
        let (keys, asked) = (RwLock::new(Arc::new(keys)), Cache::new(4));
        Self(Arc::new(Inner { settings, fetch, keys, asked, renewed: AtomicU64::new(0), begun: Instant::now() }))
    }

    /// Who sends these headers. A token that does not hold is refused; it never counts as "nobody".
    pub async fn viewer(&self, headers: &HeaderMap) -> Result<Viewer, Refusal> {
        let signed = match headers.get(AUTHORIZATION) {
            Some(value) => Some(self.verify(bearer(value)?).await?),
            None => None,
        };
        let secret = headers.get(&self.0.settings.guest_header).and_then(|value| value.to_str().ok());
        let guest = secret.filter(|secret| !secret.is_empty()).map(Owner::guest);
        Ok(Viewer { signed, guest })
    }

    pub async fn verify(&self, token: &str) -> Result<Signed, Refusal> {
        let mut validation = self.validation(&self.0.settings.audience);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp", "nbf"]);
        validation.validate_nbf = true;
        validation.leeway = LEEWAY_SECONDS;
        let claims: Claims = self.read(token, &validation).await?;
        if !claims.lasts_no_longer_than_ours(LEEWAY_SECONDS) {
            return Err(unbelieved());
        }
        let Claims { sub, role, sid, permissions, email_hash, auth_time, amr, .. } = claims;
        let oldest =
            jsonwebtoken::get_current_timestamp().saturating_sub(u64::from(self.0.settings.step_up_minutes) * 60);
        let is_recent = auth_time.is_some_and(|at| u64::try_from(at).is_ok_and(|at| at >= oldest));
        Ok(Signed { user_id: sub, role, session: sid, permissions, email_hash, auth_time, amr, is_recent })
    }

    /// What the issuer has signed a [`Statement`] about; none when it has not, or for another audience. How long that counts
    /// is for whoever knows what it is about.
    pub async fn stated(&self, statement: &str, audience: &str) -> Result<Option<String>, Refusal> {
        let mut validation = self.validation(audience);
        validation.set_required_spec_claims(&["iss", "aud", "sub"]);
        validation.validate_exp = false;
        match self.read::<Statement>(statement, &validation).await {
            Ok(Statement { sub, .. }) => Ok(Some(sub)),
            Err(refused) if refused.code == Code::Unauthenticated => Ok(None),
            Err(away) => Err(away),
        }
    }

    fn validation(&self, audience: &str) -> Validation {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[&self.0.settings.issuer]);
        validation.set_audience(&[audience]);
        validation
    }

    async fn read<T: DeserializeOwned + Clone>(&self, token: &str, validation: &Validation) -> Result<T, Refusal> {
        let header = decode_header(token).map_err(|_malformed| unbelieved())?;
        // The algorithm is ours to choose, never the token's.
        if header.alg != Algorithm::EdDSA {
            return Err(unbelieved());
        }
        let key = self.key(&header.kid.ok_or_else(unbelieved)?).await?;
        Ok(decode::<T>(token, &key, validation).map_err(|_unproven| unbelieved())?.claims)
    }

    /// A key that is known is there at once, whatever else goes on. Only who brings an unknown one waits for the issuer.
    async fn key(&self, id: &str) -> Result<DecodingKey, Refusal> {
        let Some(client) = &self.0.fetch else { return self.known(id).ok_or_else(unbelieved) };
        if let Some(key) = self.known(id) {
            self.renew(client);
            return Ok(key);
        }
        let answered = self.ask(client).await;
        self.known(id).ok_or_else(|| if answered { unbelieved() } else { unavailable() })
    }

    fn known(&self, id: &str) -> Option<DecodingKey> {
        self.0.keys.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    fn learn(&self, keys: Keys) {
        *self.0.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
    }

    fn turn(&self) -> u64 {
        self.0.begun.elapsed().as_secs() / TURN.as_secs()
    }

    /// Asks the issuer in the background, if that was long ago.
    fn renew(&self, client: &reqwest::Client) {
        let (turn, renewed) = (self.turn(), self.0.renewed.load(Ordering::Relaxed));
        let due = turn >= renewed + RENEWED_AFTER_TURNS;
        if due && self.0.renewed.compare_exchange(renewed, turn, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            let (this, client) = (self.clone(), client.clone());
            tokio::spawn(async move { this.ask(&client).await });
        }
    }

    /// Asks the issuer for its keys, once in a turn however many call, and says whether it answered.
    async fn ask(&self, client: &reqwest::Client) -> bool {
        let asking = async {
            let (this, client) = (self.clone(), client.clone());
            // On its own: whoever made us ask may hang up.
            let asked = tokio::spawn(async move {
                let keys = fetch(&client, &this.0.settings.jwks_url).await;
                keys.map(|keys| this.learn(keys)).inspect_err(|cause| {
                    tracing::error!(%cause, "the issuer's keys cannot be fetched");
                })
            });
            Ok::<bool, Infallible>(asked.await.is_ok_and(|fetched| fetched.is_ok()))
        };
        let Ok(answered) = self.0.asked.get_or_insert_async(&self.turn(), asking).await;
        answered
    }
}

async fn fetch(client: &reqwest::Client, url: &str) -> reqwest::Result<Keys> {
    let answer = client.get(url).timeout(FETCH_WITHIN).send().await?;
    let set: JwkSet = answer.error_for_status()?.json().await?;
    Ok(ed25519_keys(&set))
}

fn unavailable() -> Refusal {
    Refusal::new(Code::Unavailable, "Your token cannot be checked at this moment. Try again shortly.")
}

fn ed25519_keys(set: &JwkSet) -> Keys {
    let usable = set.keys.iter().filter_map(|jwk| {
        let id = jwk.common.key_id.clone()?;
        Some((id, DecodingKey::from_jwk(jwk).ok()?))
    });
    usable.collect()
}

fn bearer(value: &axum::http::HeaderValue) -> Result<&str, Refusal> {
    let text = value.to_str().map_err(|_not_ascii| unbelieved())?;
    let (scheme, token) = text.split_once(' ').ok_or_else(unbelieved)?;
    if scheme.eq_ignore_ascii_case("bearer") { Ok(token.trim()) } else { Err(unbelieved()) }
}

/// One answer for every way in which a token fails: which one is nobody's business.
fn unbelieved() -> Refusal {
    Refusal::new(Code::Unauthenticated, "The token is not valid or has expired. Sign in again.")
}
