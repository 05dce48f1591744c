//! The search database. It holds messages only: the documents live in the index.

use sea_orm_migration::prelude::*;

use crate::messaging::{Entries, Marks, Messaging};

pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(Messaging), Box::new(Marks), Box::new(Entries)]
    }
}
