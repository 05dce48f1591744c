//! How much of what is scarce one buyer may hold, and what is kept for how long.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

/// `[inventory]` in the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The most units of one variant that one buyer may hold at once, over all orders that are not paid yet; 0 for no
    /// bound.
    pub units_held_per_buyer: u32,
    /// For how many days a reservation is kept that came to nothing; 0 for ever.
    pub keep_ended_reservations_days: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { units_held_per_buyer: 0, keep_ended_reservations_days: 90 }
    }
}

impl Settings {
    /// None when there is no bound.
    pub(crate) fn most_held(&self) -> Option<i64> {
        (self.units_held_per_buyer > 0).then_some(i64::from(self.units_held_per_buyer))
    }

    /// None when they are kept for ever.
    pub(crate) fn ended_reservations_kept(&self) -> Option<TimeDelta> {
        let days = self.keep_ended_reservations_days;
        (days > 0).then(|| TimeDelta::days(i64::from(days)))
    }
}
