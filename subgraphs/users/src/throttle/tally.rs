//! Attempts, counted by this process alone.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use kit::Clock;

use super::counted::Counted;
use super::lane::{Lane, Pace, Turn};

/// No fewer are looked through for those whose time is over.
const TIDIED_FROM: usize = 10_000;
/// More than this many are forgotten all at once: better than a process without memory.
const MOST: usize = 1_000_000;

#[derive(Clone)]
pub(super) struct Tally {
    clock: Clock,
    counts: Arc<Mutex<Counts>>,
}

#[derive(Default)]
struct Counts {
    by_key: HashMap<String, (u32, DateTime<Utc>)>,
    lanes: HashMap<String, (Lane, DateTime<Utc>)>,
    tidied_at: usize,
}

impl Counts {
    /// Looks through all of them once for every time that they have doubled.
    fn tidy(&mut self, now: DateTime<Utc>) {
        if self.len() < self.tidied_at.max(TIDIED_FROM) {
            return;
        }
        self.by_key.retain(|_, (_, until)| *until > now);
        self.lanes.retain(|_, (_, until)| *until > now);
        if self.len() > MOST {
            self.by_key.clear();
            self.lanes.clear();
        }
        self.tidied_at = self.len() * 2;
    }

    fn len(&self) -> usize {
        self.by_key.len() + self.lanes.len()
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
        let entry = counts.by_key.entry(key.to_owned()).or_insert(fresh);
        if entry.1 <= now {
            *entry = fresh;
        }
        entry.0 = entry.0.saturating_add(1);
        let left = (entry.1 - now).num_milliseconds();
        Counted { attempts: entry.0, seconds_left: u32::try_from((left + 999) / 1_000).unwrap_or(seconds) }
    }

    pub(super) fn take(&self, key: &str, pace: Pace) -> Turn {
        let now = self.clock.now();
        let mut counts = self.counts();
        counts.tidy(now);
        let (lane, until) = counts.lanes.entry(key.to_owned()).or_insert((Lane::default(), now));
        if *until <= now {
            *lane = Lane::default();
        }
        let turn = lane.take(now.timestamp_millis(), pace);
        if turn.is_taken {
            *until = now + TimeDelta::seconds(i64::from(pace.remembered_seconds));
        }
        turn
    }

    pub(super) fn forget(&self, key: &str) {
        let mut counts = self.counts();
        counts.by_key.remove(key);
        counts.lanes.remove(key);
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
