use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

/// `[privacy]` in the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PrivacySettings {
    /// How long an export can be downloaded.
    pub export_days: u32,
    /// How long a part of the shop may take to answer before it is asked again. Doubles each time, up to an hour.
    pub step_timeout_ms: u32,
    /// After how long to ask again whether the orders of somebody who is to be erased have arrived.
    pub recheck_seconds: u32,
    /// How long after an account is closed to look for orders that were placed in that moment: longer than an access
    /// token lasts.
    pub settle_seconds: u32,
    /// How long the last mail may take before the address is forgotten all the same.
    pub last_mail_hours: u32,
    /// How long ago somebody without a password may have signed in who erases their account.
    pub fresh_sign_in_minutes: u32,
}

impl Default for PrivacySettings {
    fn default() -> Self {
        Self {
            export_days: 7,
            step_timeout_ms: 5_000,
            recheck_seconds: 3_600,
            settle_seconds: 960,
            last_mail_hours: 72,
            fresh_sign_in_minutes: 10,
        }
    }
}

impl PrivacySettings {
    pub(super) fn export_life(&self) -> TimeDelta {
        TimeDelta::days(i64::from(self.export_days))
    }

    pub(super) fn step_timeout(&self) -> TimeDelta {
        TimeDelta::milliseconds(i64::from(self.step_timeout_ms.max(1)))
    }

    pub(super) fn recheck(&self) -> TimeDelta {
        TimeDelta::seconds(i64::from(self.recheck_seconds.max(1)))
    }

    pub(super) fn settle(&self) -> TimeDelta {
        TimeDelta::seconds(i64::from(self.settle_seconds))
    }

    pub(super) fn last_mail(&self) -> TimeDelta {
        TimeDelta::hours(i64::from(self.last_mail_hours))
    }

    pub(super) fn fresh_sign_in(&self) -> TimeDelta {
        TimeDelta::minutes(i64::from(self.fresh_sign_in_minutes))
    }
}
