//! How long sessions last, and how often somebody may try.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

/// `[accounts]` in the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// How long a session lasts that nobody uses.
    pub session_days: u32,
    /// How long a session of the staff lasts that nobody uses.
    pub staff_session_hours: u32,
    /// Whether staff must have a second factor to do what they may.
    pub staff_second_factor: StaffSecondFactor,
    /// How long after a refresh the former token is answered as it was before: to a client that lost the answer, and to
    /// each of its tabs.
    pub refresh_grace_seconds: u32,
    /// Within how long attempts are counted.
    pub attempts_seconds: u32,
    /// The most sign-ins with one address from one known device, and how many from one other client are answered without
    /// a delay; the most for one client; right or wrong. 0 for no bound, also below. Codes of a second factor have bounds
    /// of their own, which stay.
    pub logins_per_account: u32,
    pub logins_per_client: u32,
    /// The longest that a client waits between two sign-ins with one address. The delay begins with a second and doubles.
    pub login_delay_seconds: u32,
    /// The most sign-ins with one address in an hour from all clients together but known devices: of those whose site is
    /// new to it, and of the others. Three hours' worth may come at once.
    pub logins_per_account_an_hour: u32,
    /// A sign-in whose turn comes within this is held back; with a longer way to go it is refused, and told how long.
    pub login_wait_seconds: u32,
    /// The owner is told at most once in so many hours that somebody else tries to get in.
    pub login_notice_hours: u32,
    /// How long a device is known that nobody signs in on.
    pub device_days: u32,
    /// The most refreshes of one session, and the most for one client.
    pub refreshes_per_session: u32,
    pub refreshes_per_client: u32,
    /// The most registrations for one client.
    pub registrations_per_client: u32,
    /// The most mails of one kind that strangers may have sent to one address, and the most of all kinds for one client.
    pub mails_per_address: u32,
    pub mails_per_client: u32,
}

/// Whether staff must have a second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StaffSecondFactor {
    /// Without it they sign in to add one, and may do nothing else.
    Required,
    /// Who has one needs it.
    Optional,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            session_days: 30,
            staff_session_hours: 12,
            staff_second_factor: StaffSecondFactor::Optional,
            refresh_grace_seconds: 10,
            attempts_seconds: 900,
            logins_per_account: 10,
            logins_per_client: 100,
            login_delay_seconds: 900,
            logins_per_account_an_hour: 100,
            login_wait_seconds: 4,
            login_notice_hours: 6,
            device_days: 180,
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

    pub(crate) fn staff_session_life(&self) -> TimeDelta {
        TimeDelta::hours(i64::from(self.staff_session_hours))
    }

    pub(crate) fn device_life(&self) -> TimeDelta {
        TimeDelta::days(i64::from(self.device_days))
    }

    pub(crate) fn refresh_grace(&self) -> TimeDelta {
        TimeDelta::seconds(i64::from(self.refresh_grace_seconds))
    }
}
