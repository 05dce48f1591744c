//! The catalog's rows. Loaders stand beside their queries; the key of each names the question that it answers.

mod category;
mod import;
mod listing;
mod product;
mod resend;
mod variant;

use kit::Db;

pub use category::{CategoryById, CategoryBySlug, ChildrenOf};
pub use listing::{ListingCount, ListingKey, ListingPage, Sort};
pub use product::{DetailOf, ProductById, ProductBySlug};
pub use resend::Step;
pub use variant::{VariantByChoice, VariantById, VariantsOf};

/// The catalog's database.
#[derive(Clone, Debug)]
pub struct Store {
    db: Db,
}

impl Store {
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    pub fn db(&self) -> &Db {
        &self.db
    }
}

/// How many rows of so many columns one statement may insert: SQLite takes 32,766 variables, Postgres 65,535.
fn rows_per_statement(columns: usize) -> usize {
    const VARIABLES: usize = 32_000;
    VARIABLES / columns
}

/// How many ids one statement may ask for.
const IDS_PER_STATEMENT: usize = 5_000;
