//! The ledger: entries in pairs that sum to zero, written once and never changed.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, string, timestamp_with_time_zone};

use crate::append_only::append_only;

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0002_money_entry"
    }
}

#[derive(DeriveIden)]
enum MoneyEntry {
    Table,
    OrderId,
    Event,
    Account,
    Minor,
    Currency,
    At,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let entry = Table::create()
            .table(MoneyEntry::Table)
            .col(string(MoneyEntry::OrderId))
            .col(string(MoneyEntry::Event))
            .col(string(MoneyEntry::Account))
            .col(big_integer(MoneyEntry::Minor))
            .col(string(MoneyEntry::Currency))
            .col(timestamp_with_time_zone(MoneyEntry::At))
            .primary_key(Index::create().col(MoneyEntry::OrderId).col(MoneyEntry::Event).col(MoneyEntry::Account))
            .to_owned();
        manager.create_table(entry).await?;
        append_only(manager, "money_entry").await
    }
}
