//! The payments database, and beside it the tables in which the sandbox gateway keeps its own books.

use sea_orm_migration::prelude::*;

use crate::messaging::{Entries, Marks, Messaging};

mod m0001_payment;
mod m0002_money_entry;
mod m0003_sandbox;
mod m0004_sale;
mod m0005_owner_version;
mod m0006_forgotten_calls;
mod m0007_checkpoint;

pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(Messaging),
            Box::new(Marks),
            Box::new(Entries),
            Box::new(m0001_payment::Migration),
            Box::new(m0002_money_entry::Migration),
            Box::new(m0003_sandbox::Migration),
            Box::new(m0004_sale::Migration),
            Box::new(m0005_owner_version::Migration),
            Box::new(m0006_forgotten_calls::Migration),
            Box::new(m0007_checkpoint::Migration),
        ]
    }
}
