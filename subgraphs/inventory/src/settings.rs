//! How much of what is scarce one buyer may hold.

use serde::{Deserialize, Serialize};

/// `[inventory]` in the configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The most units of one variant that one buyer may hold at once, over all orders that are not paid yet; 0 for no
    /// bound.
    pub units_held_per_buyer: u32,
}

impl Settings {
    /// None when there is no bound.
    pub(crate) fn most_held(&self) -> Option<i64> {
        (self.units_held_per_buyer > 0).then_some(i64::from(self.units_held_per_buyer))
    }
}
