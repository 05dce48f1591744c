//! The time, which nobody takes from the machine but here.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

/// Tells the time. A test holds the hands of a manual one.
#[derive(Clone, Debug)]
pub struct Clock(Hands);

#[derive(Clone, Debug)]
enum Hands {
    System,
    Manual(Arc<AtomicI64>),
}

impl Clock {
    pub fn system() -> Self {
        Self(Hands::System)
    }

    /// A clock that stands still until it is told to advance.
    pub fn manual(start: DateTime<Utc>) -> Self {
        Self(Hands::Manual(Arc::new(AtomicI64::new(start.timestamp_micros()))))
    }

    /// The time to the millisecond: every engine keeps that, so what was written is what is read.
    pub fn now(&self) -> DateTime<Utc> {
        match &self.0 {
            #[expect(clippy::disallowed_methods, reason = "the one place that asks the machine")]
            Hands::System => Utc::now().trunc_subsecs(3),
            Hands::Manual(micros) => DateTime::from_timestamp_micros(micros.load(Ordering::SeqCst)).unwrap_or_default(),
        }
    }

    /// Turns the hands of a manual clock; a system clock takes no orders.
    pub fn advance(&self, by: TimeDelta) {
        if let Hands::Manual(micros) = &self.0 {
            micros.fetch_add(by.num_microseconds().unwrap_or(i64::MAX), Ordering::SeqCst);
        }
    }
}
