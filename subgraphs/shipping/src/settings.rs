use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::carrier::Pace;

/// `[shipping]` in the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Who moves the parcels.
    pub carrier: CarrierName,
    /// How long after its booking the sandbox has a parcel.
    pub sandbox_dispatch_minutes: u32,
    /// How long after its booking the sandbox has delivered it.
    pub sandbox_deliver_minutes: u32,
    /// How often a carrier is asked about a parcel whose next move it does not announce.
    pub track_every_seconds: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            carrier: CarrierName::default(),
            sandbox_dispatch_minutes: 60,
            sandbox_deliver_minutes: 2_880,
            track_every_seconds: 300,
        }
    }
}

impl Settings {
    pub(crate) fn pace(&self) -> Pace {
        let minutes = |minutes: u32| TimeDelta::minutes(i64::from(minutes));
        let dispatch = minutes(self.sandbox_dispatch_minutes);
        Pace { dispatch, deliver: minutes(self.sandbox_deliver_minutes).max(dispatch) }
    }

    pub(crate) fn track_every(&self) -> TimeDelta {
        TimeDelta::seconds(i64::from(self.track_every_seconds.max(1)))
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CarrierName {
    /// Nobody: test addresses, books of its own, no parcel.
    #[default]
    Sandbox,
}
