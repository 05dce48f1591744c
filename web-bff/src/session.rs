//! A browser's session: a cookie there, the tokens here.
//!
//! The cookie is a random secret. Redis holds the tokens under its hash, sealed with a key that follows from the secret:
//! whoever reads Redis, or the file that it appends to, finds neither cookies nor tokens.

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

/// What the edge keeps for a browser.
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
