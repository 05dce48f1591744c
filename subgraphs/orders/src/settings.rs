//! How patient a checkout is, and how long things last.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::saga::RetryPolicy;

/// `[checkout]` in the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// How long a step may go without an answer before its command is sent again. Doubles with each attempt.
    pub step_timeout_ms: u32,
    /// How often a step is tried before the checkout is taken back. Once the payment is being captured, there is no
    /// way back and no last attempt.
    pub step_attempts: u32,
    /// How long stock is held for a checkout. Nothing is captured for stock that is not held any more.
    pub reservation_minutes: u32,
    /// How long a cart lasts that nobody touches.
    pub cart_days: u32,
    /// How long a link to an order holds.
    pub link_minutes: u32,
    /// Within how long links to orders are counted. Below, 0 is no bound.
    pub links_seconds: u32,
    /// The most that may be asked for one address, whether it has an order or not.
    pub links_per_address: u32,
    /// The most that one client may ask for.
    pub links_per_client: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            step_timeout_ms: 5_000,
            step_attempts: 5,
            reservation_minutes: 30,
            cart_days: 60,
            link_minutes: 60,
            links_seconds: 900,
            links_per_address: 5,
            links_per_client: 20,
        }
    }
}

impl Settings {
    pub(crate) fn retry_policy(&self) -> RetryPolicy {
        RetryPolicy { step_timeout_ms: self.step_timeout_ms.max(1), attempts: self.step_attempts.max(1) }
    }

    pub(crate) fn reservation(&self) -> TimeDelta {
        TimeDelta::minutes(i64::from(self.reservation_minutes))
    }

    pub(crate) fn cart_life(&self) -> TimeDelta {
        TimeDelta::days(i64::from(self.cart_days))
    }
}
