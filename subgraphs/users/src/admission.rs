//! Who has shown enough to be let in, and who has to show a second factor first.

use std::fmt;

use chrono::{DateTime, Utc};

use crate::known_device::DeviceToken;
use crate::one_use::OneUseToken;
use crate::session::Device;
use crate::sessions::SignedIn;

/// What somebody is given who has shown that an account is theirs.
#[derive(Clone, Debug)]
pub enum Admission {
    SignedIn(SignedIn),
    /// A code comes next.
    SecondFactor(Ticket),
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
