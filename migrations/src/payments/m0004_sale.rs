//! What each order owes, as `orders` told us: confirmed for a total, and perhaps cancelled.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer_null, string, string_null, timestamp_with_time_zone_null};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0004_sale"
    }
}

#[derive(DeriveIden)]
enum Sale {
    Table,
    OrderId,
    TotalMinor,
    Currency,
    ConfirmedAt,
    CancelledAt,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sale = Table::create()
            .table(Sale::Table)
            .col(string(Sale::OrderId).primary_key())
            .col(big_integer_null(Sale::TotalMinor))
            .col(string_null(Sale::Currency))
            .col(timestamp_with_time_zone_null(Sale::ConfirmedAt))
            .col(timestamp_with_time_zone_null(Sale::CancelledAt))
            .to_owned();
        manager.create_table(sale).await
    }
}
