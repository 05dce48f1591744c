//! The inventory's rows. Loaders stand beside their queries; the key of each names the question that it answers.

mod announcement;
mod checkpoint;
mod conservation;
mod hold;
mod import;
mod ledger;
mod level;
mod location;
mod reservation;
mod reservation_batch;
mod retention;
mod share;
mod variant;

use kit::{Clock, Db, Quarantine};

use crate::Settings;

pub use conservation::{Conservation, Units, Violation};
pub use level::{FreeOf, StockOf};
pub use location::LocationKey;

/// The inventory's database.
#[derive(Clone, Debug)]
pub struct Store {
    db: Db,
    clock: Clock,
    settings: Settings,
    /// Reservations that a sweep cannot end.
    aside: Quarantine<String>,
}

impl Store {
    pub fn new(db: Db, clock: Clock) -> Self {
        Self { db, clock, settings: Settings::default(), aside: Quarantine::new("a reservation that has run out") }
    }

    #[must_use]
    pub fn with_settings(self, settings: Settings) -> Self {
        Self { settings, ..self }
    }

    pub fn db(&self) -> &Db {
        &self.db
    }

    pub fn clock(&self) -> &Clock {
        &self.clock
    }
}

/// How many rows of so many columns one statement may insert: SQLite takes 32,766 variables, Postgres 65,535.
fn rows_per_statement(columns: usize) -> usize {
    const VARIABLES: usize = 32_000;
    VARIABLES / columns
}

/// How many ids one statement may ask for.
const IDS_PER_STATEMENT: usize = 5_000;
