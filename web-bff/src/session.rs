//! A browser's session: the browser has a cookie, the edge keeps the tokens.
//!
//! The cookie is a random secret. Redis holds the tokens under the secret's hash, encrypted with a key derived from the
//! secret: whoever reads Redis, or its files, finds neither cookies nor tokens.

mod cookie;
mod refresh;
mod sealed;
mod step_up;
mod store;
#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use self::cookie::{
    FLOW, GUEST, SESSION, carries, clearing, device_token, presented, setting, setting_device, setting_text, value,
};
pub use self::sealed::{SealedStore, Secret};
pub use self::store::Sessions;
use crate::users::{SignedIn, Who};

/// The session of a browser, as the edge keeps it.
#[derive(Clone, Serialize, Deserialize)]
pub struct Session {
    pub access_token: String,
    pub expires_at: DateTime<Utc>,
    pub refresh_token: String,
    pub user: Who,
    pub began_at: DateTime<Utc>,
    /// Whether it is one of the staff's.
    #[serde(default)]
    pub is_staff: bool,
}

impl Session {
    pub fn of(signed_in: SignedIn, began_at: DateTime<Utc>) -> Self {
        let SignedIn { user, access_token, expires_at, refresh_token, is_staff, device_token: _ } = signed_in;
        Self { access_token, expires_at, refresh_token, user, began_at, is_staff }
    }
}
