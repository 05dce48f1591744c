//! What is under way, and what becomes of it there.

use std::collections::BTreeMap;

use rand::Rng;
use rand::rngs::SmallRng;

use super::Figures;
use crate::saga::{Reply, RequestedBy, Step};

/// Milliseconds since the order was placed.
pub type Millis = i64;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Due {
    Command(Step),
    /// To this command.
    Answer(Step, Reply),
    /// `order.confirmed`, at shipping.
    Confirmed,
    Dispatched,
    Delivered,
    /// The parcel is back.
    Returned,
    /// The watch looks at deadlines.
    Look,
    Wish(RequestedBy),
    /// Staff wants the payment given back.
    Refund,
    /// The inventory looks at promises.
    Expire,
    /// Somebody else takes what is free, or brings it back.
    Others(i64),
    /// The carrier fetches the parcel, or brings it, or brings it back.
    Carry,
    /// Shipping tells again of what nobody has heard yet.
    Remind,
    /// The gateway forgets its keys.
    Forget,
    /// Somebody moves the money in the gateway's own dashboard.
    Dashboard,
}

/// How bad it is. Drawn once for each order.
pub struct Weather {
    drop: f64,
    double: f64,
    slow: f64,
    storm: f64,
    pub crash: f64,
    pub rival: f64,
}

pub struct Network {
    due: BTreeMap<(Millis, u64), Due>,
    counter: u64,
    latest: Millis,
}

impl Weather {
    pub fn draw(rng: &mut SmallRng) -> Self {
        let levels = [0.0, 0.0, 0.02, 0.1, 0.3];
        let mut level = || levels[rng.random_range(0..levels.len())];
        Self { drop: level(), double: level(), slow: level(), storm: level(), crash: level(), rival: level() }
    }
}

impl Network {
    pub fn new() -> Self {
        Self { due: BTreeMap::new(), counter: 0, latest: 0 }
    }

    pub fn at(&mut self, when: Millis, due: Due) {
        self.counter += 1;
        self.due.insert((when, self.counter), due);
    }

    /// The next thing that happens, and when.
    pub fn next(&mut self) -> Option<(Millis, Due)> {
        self.due.pop_first().map(|((when, _), due)| (when, due))
    }

    /// Sends a message, which may arrive never, once or twice, soon or not.
    pub fn send(&mut self, now: Millis, due: &Due, weather: &Weather, rng: &mut SmallRng, figures: &mut Figures) {
        figures.messages += 1;
        if rng.random_bool(weather.drop) {
            figures.dropped += 1;
            return;
        }
        let doubled = rng.random_bool(weather.double);
        figures.duplicated += u64::from(doubled);
        for _ in 0..=u8::from(doubled) {
            let delay = if rng.random_bool(weather.storm) {
                rng.random_range(60_000..3_000_000)
            } else if rng.random_bool(weather.slow) {
                rng.random_range(1_000..60_000)
            } else {
                rng.random_range(1..200)
            };
            figures.late += u64::from(delay > 5_000);
            let when = now + delay;
            figures.reordered += u64::from(when < self.latest);
            self.latest = self.latest.max(when);
            self.at(when, due.clone());
        }
    }
}
