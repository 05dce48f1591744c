//! The token that a sign-in ends with.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use kit::token::{AuthSettings, Claims};
use kit::{Clock, Result, Role};
use uuid::Uuid;

use crate::account::Account;
use crate::signing_key::SigningKeys;

/// How long an access token holds. It cannot be taken back, so not for long.
pub const LIFETIME: TimeDelta = TimeDelta::minutes(15);

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
    keys: Arc<SigningKeys>,
    settings: AuthSettings,
    clock: Clock,
}

impl Issuer {
    pub fn new(keys: SigningKeys, settings: AuthSettings, clock: Clock) -> Self {
        Self { keys: Arc::new(keys), settings, clock }
    }

    pub fn issue(&self, account: &Account) -> Result<AccessToken> {
        let issued_at = self.clock.now().timestamp();
        let expires_at = issued_at + LIFETIME.num_seconds();
        let claims = Claims {
            iss: self.settings.issuer.clone(),
            aud: self.settings.audience.clone(),
            sub: account.id.to_string(),
            role: Role::default(),
            sid: None,
            jti: Uuid::now_v7().to_string(),
            iat: issued_at,
            nbf: issued_at,
            exp: expires_at,
            permissions: account.permissions.clone(),
        };
        let expires_at = DateTime::from_timestamp(expires_at, 0).expect("a quarter of an hour from now is a date");
        Ok(AccessToken { text: self.keys.current.sign(&claims)?, expires_at })
    }
}
