//! The reviews database.

use sea_orm_migration::prelude::*;

use crate::messaging::{Entries, Marks, Messaging};

mod m0001_reviews;
mod m0002_projections;
mod m0003_authors;
mod m0004_retention;
mod m0005_heard_orders;

pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(Messaging),
            Box::new(Marks),
            Box::new(Entries),
            Box::new(m0001_reviews::Migration),
            Box::new(m0002_projections::Migration),
            Box::new(m0003_authors::Authors),
            Box::new(m0004_retention::Retention),
            Box::new(m0005_heard_orders::HeardOrders),
        ]
    }
}
