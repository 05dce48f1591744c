//! Attempts, counted by this process alone.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use kit::Clock;

use super::allowance::{Allowance, Rate};
use super::counted::Counted;
use super::lane::Lane;
use super::queue::{Keys, Rules, Standing, Turn};

/// No fewer are looked through for those whose time is over.
const TIDIED_FROM: usize = 10_000;
/// More than this many are forgotten all at once: better than a process without memory.
const MOST: usize = 1_000_000;

/// Values that are forgotten when their time is over.
struct Kept<T>(HashMap<String, (T, DateTime<Utc>)>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T: Copy + Default> Kept<T> {
    fn get(&self, key: &str, now: DateTime<Utc>) -> T {
        self.0.get(key).filter(|(_, until)| *until > now).map(|(value, _)| *value).unwrap_or_default()
    }

    fn put(&mut self, key: &str, value: T, until: DateTime<Utc>) {
        self.0.insert(key.to_owned(), (value, until));
    }

    fn tidy(&mut self, now: DateTime<Utc>) {
        self.0.retain(|_, (_, until)| *until > now);
    }
}

#[derive(Clone)]
pub(super) struct Tally {
    clock: Clock,
    counts: Arc<Mutex<Counts>>,
}

#[derive(Default)]
struct Counts {
    attempts: Kept<u32>,
    lanes: Kept<Lane>,
    allowances: Kept<Allowance>,
    tidied_at: usize,
}

impl Counts {
    /// Looks through all of them once for every time that they have doubled.
    fn tidy(&mut self, now: DateTime<Utc>) {
        if self.len() < self.tidied_at.max(TIDIED_FROM) {
            return;
        }
        self.attempts.tidy(now);
        self.lanes.tidy(now);
        self.allowances.tidy(now);
        if self.len() > MOST {
            *self = Self::default();
        }
        self.tidied_at = self.len() * 2;
    }

    fn len(&self) -> usize {
        self.attempts.0.len() + self.lanes.0.len() + self.allowances.0.len()
    }
}

impl Tally {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, counts: Arc::default() }
    }

    pub(super) fn count(&self, key: &str, seconds: u32) -> Counted {
        let now = self.clock.now();
        let mut counts = self.counts();
        counts.tidy(now);
        let fresh = (0, now + TimeDelta::seconds(i64::from(seconds)));
        let entry = counts.attempts.0.entry(key.to_owned()).or_insert(fresh);
        if entry.1 <= now {
            *entry = fresh;
        }
        entry.0 = entry.0.saturating_add(1);
        let left = (entry.1 - now).num_milliseconds();
        Counted { attempts: entry.0, seconds_left: u32::try_from((left + 999) / 1_000).unwrap_or(seconds) }
    }

    pub(super) fn queue(&self, keys: &Keys, rules: Rules) -> Turn {
        let now = self.clock.now();
        let mut counts = self.counts();
        counts.tidy(now);
        let mut standing = Standing {
            lane: counts.lanes.get(&keys.client, now),
            tries_of_site: counts.attempts.get(&keys.site, now),
            newcomers: counts.allowances.get(&keys.newcomers, now),
            others: counts.allowances.get(&keys.others, now),
        };
        let now_ms = now.timestamp_millis();
        let turn = standing.take(now_ms, rules);
        if turn.is_taken {
            let until = |ms| now + TimeDelta::milliseconds(ms);
            counts.lanes.put(&keys.client, standing.lane, until(standing.lane_kept_ms(rules)));
            let site_until = until(standing.site_kept_ms(turn, now_ms, rules));
            counts.attempts.put(&keys.site, standing.tries_of_site, site_until);
            let spent = if turn.is_new { standing.newcomers } else { standing.others };
            counts.spend(keys.allowance(turn.is_new), spent);
        }
        turn
    }

    /// Gives back what somebody has taken who knew the password.
    pub(super) fn give_back(&self, keys: &Keys, is_new: bool, rate: Rate) {
        let now = self.clock.now();
        let mut counts = self.counts();
        counts.lanes.0.remove(&keys.client);
        counts.attempts.0.remove(&keys.site);
        let Allowance { spent_until_ms } = counts.allowances.get(keys.allowance(is_new), now);
        counts.spend(keys.allowance(is_new), Allowance { spent_until_ms: spent_until_ms - rate.each_ms() });
    }

    pub(super) fn forget(&self, key: &str) {
        let mut counts = self.counts();
        counts.attempts.0.remove(key);
        counts.lanes.0.remove(key);
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    /// What is spent until a time that is over is not spent.
    fn spend(&mut self, key: &str, allowance: Allowance) {
        let until = DateTime::from_timestamp_millis(allowance.spent_until_ms).unwrap_or(DateTime::UNIX_EPOCH);
        self.allowances.put(key, allowance, until);
    }
}
