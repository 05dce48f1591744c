//! How patient messages are.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::bus::LONGEST_BLOCK;

/// `[messages]` in the configuration.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DeliverySettings {
    /// How long the first attempt at a message may take. Then it is given up and comes again, with twice as long each time, up
    /// to eight times as long: many that are late together, because the machine or the database is busy, would else all be
    /// begun in vain for ever.
    pub handle_within_ms: u64,
    /// After how long without an acknowledgement another consumer takes a message over.
    pub claim_idle_ms: u64,
    /// How often to look for such messages.
    pub claim_every_ms: u64,
    /// After how many failures a message is dead-lettered.
    pub attempts: usize,
    /// After how long without an ack of its consumers a message is looked after, and sent again if it is nowhere.
    /// Doubles each time.
    pub resend_after_ms: u64,
    /// After how long without a sign of life a replica is not waited for that hears every message for itself.
    pub forget_group_after_ms: u64,
    /// How many days a consumer remembers which messages it has handled.
    pub remember_days: u32,
    /// How many days a dead letter is kept that nobody acts on; 0 for as long as it takes.
    pub keep_dead_letters_days: u32,
}

impl Default for DeliverySettings {
    fn default() -> Self {
        Self {
            handle_within_ms: 120_000,
            claim_idle_ms: 180_000,
            claim_every_ms: 15_000,
            attempts: 5,
            resend_after_ms: 5_000,
            forget_group_after_ms: 900_000,
            remember_days: 30,
            keep_dead_letters_days: 30,
        }
    }
}

impl DeliverySettings {
    /// An error names the first setting that makes no sense.
    pub fn check(&self) -> anyhow::Result<()> {
        const DAY_MS: u64 = 86_400_000;
        const CENTURY: u64 = 36_500;
        let attempts = u64::try_from(self.attempts).unwrap_or(u64::MAX);
        let all = [
            ("handle_within_ms", self.handle_within_ms, 100, DAY_MS),
            ("claim_idle_ms", self.claim_idle_ms, 100, DAY_MS),
            ("claim_every_ms", self.claim_every_ms, 100, DAY_MS),
            ("attempts", attempts, 1, 1_000),
            ("resend_after_ms", self.resend_after_ms, 100, DAY_MS),
            ("forget_group_after_ms", self.forget_group_after_ms, 1_000, 365 * DAY_MS),
            ("remember_days", self.remember_days.into(), 1, CENTURY),
            ("keep_dead_letters_days", self.keep_dead_letters_days.into(), 0, CENTURY),
        ];
        for (key, value, least, most) in all {
            anyhow::ensure!((least..=most).contains(&value), "`messages.{key}` is {value}: give it {least} to {most}");
        }
        Ok(())
    }

    /// How long an attempt at a message may take that has failed so often.
    pub(super) fn handle_within(&self, failures: usize) -> Duration {
        const LONGEST: u32 = 8;
        let times = u32::try_from(failures).ok().and_then(|failures| 1_u32.checked_shl(failures));
        Duration::from_millis(self.handle_within_ms).saturating_mul(times.unwrap_or(LONGEST).min(LONGEST))
    }

    /// With at most so much time for an attempt.
    pub fn within(self, longest: Duration) -> Self {
        let longest = u64::try_from(longest.as_millis()).unwrap_or(u64::MAX);
        Self { handle_within_ms: self.handle_within_ms.min(longest), ..self }
    }

    /// Always above the first attempt. Of later ones a process says while they last that they do.
    pub fn claim_idle(&self) -> Duration {
        Duration::from_millis(self.claim_idle_ms.max(self.handle_within_ms.saturating_add(1_000)))
    }

    pub fn claim_every(&self) -> Duration {
        Duration::from_millis(self.claim_every_ms)
    }

    /// Always above the time from one sign of life to the next.
    pub fn forget_group_after(&self) -> Duration {
        Duration::from_millis(self.forget_group_after_ms)
            .max(LONGEST_BLOCK + Duration::from_secs(1))
            .max(self.claim_every() * 3)
    }

    /// How long to wait before the next attempt at a message that has failed so often.
    pub(super) fn pause_after(&self, failures: usize) -> Duration {
        const FIRST: Duration = Duration::from_millis(250);
        const LONGEST: Duration = Duration::from_secs(10);
        let doublings = u32::try_from(failures.saturating_sub(1)).unwrap_or(u32::MAX).min(10);
        FIRST.saturating_mul(1 << doublings).min(LONGEST).min(self.claim_idle())
    }

    /// How long a process has for publishing what it has committed before other relays may.
    pub(super) fn head_start(&self) -> Duration {
        const LONGEST: Duration = Duration::from_secs(2);
        self.resend_after(1).min(LONGEST)
    }

    /// How long to wait for the acks of what was sent before it is written down as sent: well within the head start.
    pub(super) fn write_down_after(&self) -> Duration {
        const LONGEST: Duration = Duration::from_millis(50);
        (self.head_start() / 4).min(LONGEST)
    }

    /// For how long a relay has to itself the rows that it took to see to.
    pub(super) fn lease(&self) -> Duration {
        const LONGEST: Duration = Duration::from_secs(5);
        self.resend_after(1).min(LONGEST)
    }

    /// How long to leave a message alone that was sent so often.
    pub(super) fn resend_after(&self, sent: i32) -> Duration {
        const LONGEST: Duration = Duration::from_secs(60);
        let doublings = u32::try_from(sent.saturating_sub(1)).unwrap_or(0).min(10);
        Duration::from_millis(self.resend_after_ms).saturating_mul(1 << doublings).min(LONGEST)
    }
}

pub(super) fn later(now: DateTime<Utc>, by: Duration) -> DateTime<Utc> {
    now + TimeDelta::from_std(by).unwrap_or(TimeDelta::MAX)
}
