//! The shipping database, and beside it the tables in which the sandbox carrier keeps its own books.

use sea_orm_migration::prelude::*;

use crate::messaging::{Entries, Marks, Messaging};

mod m0001_shipping_rate;
mod m0002_first_rates;
mod m0003_shipment;
mod m0004_sandbox;
mod m0005_tracking;
mod m0006_owner_version;
mod m0007_recall;
mod m0008_retention;

pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(Messaging),
            Box::new(Marks),
            Box::new(Entries),
            Box::new(m0001_shipping_rate::Migration),
            Box::new(m0002_first_rates::Migration),
            Box::new(m0003_shipment::Migration),
            Box::new(m0004_sandbox::Migration),
            Box::new(m0005_tracking::Migration),
            Box::new(m0006_owner_version::Migration),
            Box::new(m0007_recall::Migration),
            Box::new(m0008_retention::Migration),
        ]
    }
}
