//! Versions of levels, so that who hears of them can tell the newer, and what one buyer holds.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, string_null};

pub(super) struct Scarcity;

impl MigrationName for Scarcity {
    fn name(&self) -> &'static str {
        "m0002_scarcity"
    }
}

#[derive(DeriveIden)]
enum StockLevel {
    Table,
    /// Grows with each change of the level.
    Version,
}

#[derive(DeriveIden)]
enum Reservation {
    Table,
    Owner,
    State,
    /// Why it was refused, when it is more than a shortage.
    Reason,
}

#[async_trait::async_trait]
impl MigrationTrait for Scarcity {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let version = big_integer(StockLevel::Version).default(0).to_owned();
        manager.alter_table(Table::alter().table(StockLevel::Table).add_column(version).to_owned()).await?;
        let reason = string_null(Reservation::Reason);
        manager.alter_table(Table::alter().table(Reservation::Table).add_column(reason).to_owned()).await?;
        let held = Index::create()
            .name("reservation_held_by")
            .table(Reservation::Table)
            .col(Reservation::Owner)
            .and_where(Expr::col(Reservation::State).eq("HELD"))
            .to_owned();
        manager.create_index(held).await
    }
}
