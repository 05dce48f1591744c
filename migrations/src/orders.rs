//! The orders database.

mod m0001_projections;
mod m0002_carts;
mod m0003_orders;
mod m0004_cancellations;
mod m0005_cart_choices;
mod m0006_ownership;
mod m0007_order_links;
mod m0008_retention;

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
            Box::new(m0001_projections::Projections),
            Box::new(m0002_carts::Carts),
            Box::new(m0003_orders::Orders),
            Box::new(m0004_cancellations::Cancellations),
            Box::new(m0005_cart_choices::CartChoices),
            Box::new(m0006_ownership::Ownership),
            Box::new(m0007_order_links::OrderLinks),
            Box::new(m0008_retention::Retention),
        ]
    }
}
