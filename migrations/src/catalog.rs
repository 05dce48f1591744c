//! The catalog database.

mod m0001_products;
mod m0002_resends;

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
            Box::new(m0001_products::Products),
            Box::new(m0002_resends::Resends),
        ]
    }
}
