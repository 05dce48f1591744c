//! Who has shown enough to be let in, and who has to show a second factor first.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use vocab::SessionId;

use crate::account::Account;
use crate::known_device::DeviceToken;
use crate::one_use::OneUseToken;
use crate::session::{Device, RefreshToken};
use crate::token::AccessToken;

/// What somebody is given who has shown that an account is theirs.
#[derive(Clone, Debug)]
pub enum Admission {
    SignedIn(SignedIn),
    /// A code comes next.
    SecondFactor(Ticket),
}

/// Somebody who is in, and the tokens that say so.
#[derive(Clone, Debug)]
pub struct SignedIn {
    pub account: Arc<Account>,
    pub session: SessionId,
    pub token: AccessToken,
    pub refresh_token: RefreshToken,
    /// What the device is known by from now on; none where a session merely goes on.
    pub device_token: Option<DeviceToken>,
}

/// Stands for a first factor that was shown, until the second one is.
#[derive(Clone)]
pub struct Ticket {
    pub token: OneUseToken,
    pub expires_at: DateTime<Utc>,
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// On what somebody comes.
#[derive(Clone, Debug, Default)]
pub struct Arrival {
    /// What they call it.
    pub device: Option<Device>,
    /// What it was given at an earlier sign-in.
    pub token: Option<DeviceToken>,
}
