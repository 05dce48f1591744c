//! What fails in a sweep again and again, set aside so that the rest goes on. Each failure makes its next try come later.

use std::collections::HashMap;
use std::fmt::Display;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use crate::Failure;

const FIRST: TimeDelta = TimeDelta::seconds(10);
const LONGEST: TimeDelta = TimeDelta::minutes(15);
/// Of what has not failed for so long nothing is known any more: it may be gone.
const FORGOTTEN: TimeDelta = TimeDelta::hours(1);

/// What a sweep of this process has set aside, by what tells it apart. Others find out for themselves.
#[derive(Clone, Debug)]
pub struct Quarantine<K> {
    what: &'static str,
    failed: Arc<Mutex<HashMap<K, Failed>>>,
}

#[derive(Clone, Copy, Debug)]
struct Failed {
    times: u32,
    until: DateTime<Utc>,
}

impl<K: Clone + Display + Eq + Hash> Quarantine<K> {
    /// `what` names one of the things in the log.
    pub fn new(what: &'static str) -> Self {
        Self { what, failed: Arc::default() }
    }

    /// Sets one aside that has failed, and logs how often it has, how long it stays there and how many there are.
    pub fn set(&self, key: &K, failure: Failure, now: DateTime<Utc>) {
        let mut failed = self.failed();
        failed.retain(|_, one| one.until + FORGOTTEN > now);
        let times = failed.get(key).map_or(0, |one| one.times) + 1;
        let until = now + (FIRST * (1 << (times - 1).min(10))).min(LONGEST);
        failed.insert(key.clone(), Failed { times, until });
        let (what, count) = (self.what, failed.len());
        drop(failed);
        let cause = format!("{:#}", failure.into_anyhow());
        tracing::error!(%key, times, %until, set_aside = count, cause, "{what} fails, and is set aside");
    }

    /// One that did not fail is like any other.
    pub fn recovered(&self, key: &K) {
        self.failed().remove(key);
    }

    /// Whether its next try is yet to come.
    pub fn holds(&self, key: &K, now: DateTime<Utc>) -> bool {
        self.failed().get(key).is_some_and(|one| one.until > now)
    }

    /// How many there are whose next try is yet to come. Whoever asks for so many more than he wants, and leaves these
    /// out, has as many as he wants.
    pub fn count(&self, now: DateTime<Utc>) -> u64 {
        self.failed().values().filter(|one| one.until > now).count() as u64
    }

    fn failed(&self) -> MutexGuard<'_, HashMap<K, Failed>> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure() -> Failure {
        Failure::fault(anyhow::anyhow!("no bulb"))
    }

    #[test]
    fn what_fails_waits_ever_longer_and_what_recovers_does_not() {
        let (aside, mut now) = (Quarantine::new("a lamp"), DateTime::UNIX_EPOCH);
        let mut waits = Vec::new();
        for _ in 0..9 {
            aside.set(&"hall", failure(), now);
            let since = now;
            while aside.holds(&"hall", now) {
                now += TimeDelta::seconds(10);
            }
            waits.push((now - since).num_seconds());
        }
        assert_eq!(waits, [10, 20, 40, 80, 160, 320, 640, 900, 900]);
        assert_eq!((aside.count(now), aside.holds(&"cellar", now)), (0, false));
        aside.set(&"hall", failure(), now);
        aside.set(&"cellar", failure(), now);
        assert_eq!(aside.count(now), 2);
        aside.recovered(&"hall");
        assert!(!aside.holds(&"hall", now) && aside.holds(&"cellar", now));
    }

    #[test]
    fn what_has_not_failed_for_an_hour_is_forgotten() {
        let (aside, now) = (Quarantine::new("a lamp"), DateTime::UNIX_EPOCH);
        aside.set(&1, failure(), now);
        aside.set(&2, failure(), now + TimeDelta::hours(2));
        assert_eq!(aside.failed().len(), 1);
    }
}
