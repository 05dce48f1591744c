//! The sagas in a world that is seeded, and worse than any real one: messages are lost, doubled, overtaken and late, the
//! orchestrator dies before and after its commit, and two of it decide at once. One seed is one order and always the
//! same story, so what breaks a rule can be told again.

mod inventory;
mod network;
mod orchestrator;
mod payments;
mod shipping;
#[cfg(test)]
mod tests;
mod verdict;
mod world;

use std::fmt;

/// What happened in all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    pub sagas: u64,
    pub messages: u64,
    pub dropped: u64,
    pub duplicated: u64,
    pub reordered: u64,
    pub late: u64,
    pub crashes: u64,
    /// Decisions that came second and started over.
    pub overtaken: u64,
    pub confirmed: u64,
    pub completed: u64,
    pub cancelled: u64,
    /// Cancelled after they had been confirmed.
    pub refunded: u64,
    /// Refunded after they had arrived.
    pub arrived_and_refunded: u64,
    /// Parcels that were called back from their way.
    pub recalled: u64,
    /// Parcels that were called back and came.
    pub returned: u64,
}

/// A rule that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    pub seed: u64,
    pub rule: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed {}: {}", self.seed, self.rule)
    }
}

/// One order from its first command to rest.
pub fn run(seed: u64) -> Result<Figures, Violation> {
    let mut world = world::World::new(seed);
    world.run().and_then(|()| world.judge()).map_err(|rule| Violation { seed, rule })?;
    Ok(world.figures())
}

impl Figures {
    pub fn add(&mut self, other: &Self) {
        self.sagas += other.sagas;
        self.messages += other.messages;
        self.dropped += other.dropped;
        self.duplicated += other.duplicated;
        self.reordered += other.reordered;
        self.late += other.late;
        self.crashes += other.crashes;
        self.overtaken += other.overtaken;
        self.confirmed += other.confirmed;
        self.completed += other.completed;
        self.cancelled += other.cancelled;
        self.refunded += other.refunded;
        self.arrived_and_refunded += other.arrived_and_refunded;
        self.recalled += other.recalled;
        self.returned += other.returned;
    }
}
