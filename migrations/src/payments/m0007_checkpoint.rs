//! How far the ledger of money is added up, and which orders are looked at again however old they are.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, integer, string, timestamp_with_time_zone, timestamp_with_time_zone_null,
};
use sea_orm_migration::sea_orm::ConnectionTrait;

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0007_checkpoint"
    }
}

/// One row, whose id is 1.
#[derive(DeriveIden)]
enum MoneyCheckpoint {
    Table,
    Id,
    Step,
    Through,
}

#[derive(DeriveIden)]
enum MoneyCheckpointTotal {
    Table,
    Currency,
    Captured,
    Refunded,
    Settled,
    Owed,
}

#[derive(DeriveIden)]
enum MoneySuspect {
    Table,
    OrderId,
}

#[derive(DeriveIden)]
enum SandboxCharge {
    Table,
    MovedAt,
}

/// Nothing is added up yet. A charge that an older release has made has moved when it was made, for all that is known.
const STATEMENTS: [&str; 6] = [
    "INSERT INTO money_checkpoint (id, step, through) VALUES (1, 0, '1970-01-01 00:00:00+00:00')",
    "CREATE INDEX money_entry_at ON money_entry (at)",
    "CREATE INDEX payment_created_at ON payment (created_at)",
    "CREATE INDEX payment_under_way ON payment (order_id) \
     WHERE state IN ('AUTHORIZING', 'CAPTURING', 'VOIDING', 'REFUNDING')",
    "CREATE INDEX sale_cancelled_at ON sale (cancelled_at) WHERE cancelled_at IS NOT NULL",
    "CREATE INDEX sandbox_charge_moved_at ON sandbox_charge (COALESCE(moved_at, created_at))",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let checkpoint = Table::create()
            .table(MoneyCheckpoint::Table)
            .col(integer(MoneyCheckpoint::Id).primary_key())
            .col(big_integer(MoneyCheckpoint::Step))
            .col(timestamp_with_time_zone(MoneyCheckpoint::Through))
            .to_owned();
        manager.create_table(checkpoint).await?;
        let total = Table::create()
            .table(MoneyCheckpointTotal::Table)
            .col(string(MoneyCheckpointTotal::Currency).primary_key())
            .col(big_integer(MoneyCheckpointTotal::Captured))
            .col(big_integer(MoneyCheckpointTotal::Refunded))
            .col(big_integer(MoneyCheckpointTotal::Settled))
            .col(big_integer(MoneyCheckpointTotal::Owed))
            .to_owned();
        manager.create_table(total).await?;
        let suspect =
            Table::create().table(MoneySuspect::Table).col(string(MoneySuspect::OrderId).primary_key()).to_owned();
        manager.create_table(suspect).await?;
        let moved_at = timestamp_with_time_zone_null(SandboxCharge::MovedAt);
        manager.alter_table(Table::alter().table(SandboxCharge::Table).add_column(moved_at).to_owned()).await?;
        for statement in STATEMENTS {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }
}
