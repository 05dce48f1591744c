//! What each order owes, as `orders` told us: confirmed for a total, and perhaps cancelled.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer_null, string, string_null, timestamp_with_time_zone_null};
use sea_orm_migration::sea_orm::ConnectionTrait;

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

/// Until now a captured order was never taken back, so each of them is confirmed or about to be.
const PAID_BEFORE: &[&str] = &[
    "INSERT INTO sale (order_id, total_minor, currency, confirmed_at) \
     SELECT order_id, amount_minor, currency, created_at FROM payment WHERE state = 'CAPTURED'",
    "INSERT INTO money_entry (order_id, event, account, minor, currency, at) \
     SELECT order_id, 'confirmed', 'sales', -total_minor, currency, confirmed_at FROM sale",
    "INSERT INTO money_entry (order_id, event, account, minor, currency, at) \
     SELECT order_id, 'confirmed', 'owed', total_minor, currency, confirmed_at FROM sale",
];

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
        manager.create_table(sale).await?;
        for statement in PAID_BEFORE {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }
}
