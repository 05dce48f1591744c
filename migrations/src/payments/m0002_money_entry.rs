//! The ledger: entries in pairs that sum to zero, written once and never changed.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, string, timestamp_with_time_zone};
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

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

const APPEND_ONLY_SQLITE: &[&str] = &[
    "CREATE TRIGGER money_entry_no_update BEFORE UPDATE ON money_entry \
     BEGIN SELECT RAISE(ABORT, 'money_entry is append-only'); END",
    "CREATE TRIGGER money_entry_no_delete BEFORE DELETE ON money_entry \
     BEGIN SELECT RAISE(ABORT, 'money_entry is append-only'); END",
];

const APPEND_ONLY_POSTGRES: &[&str] = &[
    "CREATE FUNCTION money_entry_append_only() RETURNS trigger LANGUAGE plpgsql AS \
     $$ BEGIN RAISE EXCEPTION 'money_entry is append-only'; END $$",
    "CREATE TRIGGER money_entry_append_only BEFORE UPDATE OR DELETE ON money_entry \
     FOR EACH ROW EXECUTE FUNCTION money_entry_append_only()",
];

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
        let connection = manager.get_connection();
        let triggers = match manager.get_database_backend() {
            DbBackend::Postgres => APPEND_ONLY_POSTGRES,
            _ => APPEND_ONLY_SQLITE,
        };
        for trigger in triggers {
            connection.execute_unprepared(trigger).await?;
        }
        Ok(())
    }
}
