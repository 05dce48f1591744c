//! How long sessions last, and how often somebody may try.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

/// `[accounts]` in the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// How long a session lasts that nobody uses.
    pub session_days: u32,
    /// How long after a refresh the former token may be used once more, by a client that lost the answer.
    pub refresh_grace_seconds: u32,
    /// Within how long attempts are counted.
    pub attempts_seconds: u32,
    /// The most sign-ins with one address, and the most for one client; right or wrong. 0 for no bound, also below.
    pub logins_per_account: u32,
    pub logins_per_client: u32,
    /// The most refreshes of one session, and the most for one client.
    pub refreshes_per_session: u32,
    pub refreshes_per_client: u32,
    /// The most registrations for one client.
    pub registrations_per_client: u32,
    /// The most mails that strangers may have sent to one address, and the most for one client.
    pub mails_per_address: u32,
    pub mails_per_client: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            session_days: 30,
            refresh_grace_seconds: 10,
            attempts_seconds: 900,
            logins_per_account: 10,
            logins_per_client: 100,
            refreshes_per_session: 60,
            refreshes_per_client: 1_000,
            registrations_per_client: 20,
            mails_per_address: 5,
            mails_per_client: 20,
        }
    }
}

impl Settings {
    pub(crate) fn session_life(&self) -> TimeDelta {
        TimeDelta::days(i64::from(self.session_days))
    }

    pub(crate) fn refresh_grace(&self) -> TimeDelta {
        TimeDelta::seconds(i64::from(self.refresh_grace_seconds))
    }
}
