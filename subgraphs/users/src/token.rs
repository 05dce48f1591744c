//! The token that a sign-in ends with.

use std::fmt;

use chrono::{DateTime, Utc};
use kit::identity::token::{AuthSettings, Claims, Statement, email_hash};
use kit::{Clock, Result};
use uuid::Uuid;
use vocab::SessionId;

use crate::account::Account;
use crate::session::Proof;
use crate::signing_key::{KeyRing, LIFETIME};

/// A signed proof of who somebody is. Never printed.
#[derive(Clone)]
pub struct AccessToken {
    pub text: String,
    pub expires_at: DateTime<Utc>,
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// Signs tokens in the shop's name.
#[derive(Clone)]
pub struct Issuer {
    keys: KeyRing,
    settings: AuthSettings,
    clock: Clock,
}

impl Issuer {
    pub fn new(keys: KeyRing, settings: AuthSettings, clock: Clock) -> Self {
        Self { keys, settings, clock }
    }

    /// A statement about `what`, for `audience`.
    pub fn state(&self, audience: &str, what: &str) -> Result<String> {
        let statement = Statement { iss: self.settings.issuer.clone(), aud: audience.to_owned(), sub: what.to_owned() };
        self.keys.now()?.current.sign(&statement)
    }

    /// A token for the owner of `account`, in a session of theirs in which they showed who they are with `proof`.
    pub fn issue(&self, account: &Account, session: &SessionId, proof: Option<&Proof>) -> Result<AccessToken> {
        let issued_at = self.clock.now().timestamp();
        let expires_at = issued_at + LIFETIME.num_seconds();
        let claims = Claims {
            iss: self.settings.issuer.clone(),
            aud: self.settings.audience.clone(),
            sub: account.id.to_string(),
            role: account.role,
            sid: Some(session.to_string()),
            jti: Uuid::now_v7().to_string(),
            iat: issued_at,
            nbf: issued_at,
            exp: expires_at,
            permissions: account.permissions.names(),
            email_hash: account.email_verified_at.map(|_| email_hash(account.email.as_str())),
            auth_time: proof.map(|proof| proof.at.timestamp()),
            amr: proof.map(Proof::amr).unwrap_or_default(),
        };
        let expires_at = DateTime::from_timestamp(expires_at, 0).expect("a quarter of an hour from now is a date");
        Ok(AccessToken { text: self.keys.now()?.current.sign(&claims)?, expires_at })
    }
}
