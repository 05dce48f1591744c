//! The inventory database.

mod m0001_stock;
mod m0002_scarcity;
mod m0003_ledger;
mod m0004_product_version;
mod m0005_checkpoint;

use sea_orm_migration::prelude::*;

use crate::messaging::{Entries, Marks, Messaging};

pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(Messaging),
            Box::new(Marks),
            Box::new(Entries),
            Box::new(m0001_stock::Stock),
            Box::new(m0002_scarcity::Scarcity),
            Box::new(m0003_ledger::Ledger),
            Box::new(m0004_product_version::ProductVersions),
            Box::new(m0005_checkpoint::Checkpoint),
        ]
    }
}
