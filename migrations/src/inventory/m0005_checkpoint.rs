//! How far the ledger of stock is added up, and when a reservation ended, so that it can be forgotten one day.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, boolean, integer, string, timestamp_with_time_zone, timestamp_with_time_zone_null,
};
use sea_orm_migration::sea_orm::ConnectionTrait;

pub(super) struct Checkpoint;

impl MigrationName for Checkpoint {
    fn name(&self) -> &'static str {
        "m0005_checkpoint"
    }
}

#[derive(DeriveIden)]
enum StockEntry {
    Table,
    At,
}

/// One row, whose id is 1.
#[derive(DeriveIden)]
enum StockCheckpoint {
    Table,
    Id,
    Step,
    Through,
    Received,
    Reserved,
    Sold,
}

/// One row for each level that stands in the ledger: it grows with the assortment and not with what is sold.
#[derive(DeriveIden)]
enum StockLevelCheckpoint {
    Table,
    VariantId,
    LocationId,
    Received,
    Reserved,
    Sold,
    Suspect,
}

#[derive(DeriveIden)]
enum Reservation {
    Table,
    EndedAt,
}

/// Nothing is added up yet.
const BEGIN: &str = "INSERT INTO stock_checkpoint (id, step, through, received, reserved, sold) \
                     VALUES (1, 0, '1970-01-01 00:00:00+00:00', 0, 0, 0)";

const ENDED_BEFORE: &str = "UPDATE reservation SET ended_at = COALESCE(expires_at, CURRENT_TIMESTAMP) \
                            WHERE state IN ('REFUSED', 'RELEASED', 'EXPIRED', 'RETURNED')";

#[async_trait::async_trait]
impl MigrationTrait for Checkpoint {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let by_time = Index::create().name("stock_entry_at").table(StockEntry::Table).col(StockEntry::At).to_owned();
        manager.create_index(by_time).await?;
        let checkpoint = Table::create()
            .table(StockCheckpoint::Table)
            .col(integer(StockCheckpoint::Id).primary_key())
            .col(big_integer(StockCheckpoint::Step))
            .col(timestamp_with_time_zone(StockCheckpoint::Through))
            .col(big_integer(StockCheckpoint::Received))
            .col(big_integer(StockCheckpoint::Reserved))
            .col(big_integer(StockCheckpoint::Sold))
            .to_owned();
        manager.create_table(checkpoint).await?;
        let of_level = Table::create()
            .table(StockLevelCheckpoint::Table)
            .col(string(StockLevelCheckpoint::VariantId))
            .col(string(StockLevelCheckpoint::LocationId))
            .col(big_integer(StockLevelCheckpoint::Received))
            .col(big_integer(StockLevelCheckpoint::Reserved))
            .col(big_integer(StockLevelCheckpoint::Sold))
            .col(boolean(StockLevelCheckpoint::Suspect))
            .primary_key(Index::create().col(StockLevelCheckpoint::VariantId).col(StockLevelCheckpoint::LocationId))
            .to_owned();
        manager.create_table(of_level).await?;
        let suspects = Index::create()
            .name("stock_level_checkpoint_suspect")
            .table(StockLevelCheckpoint::Table)
            .col(StockLevelCheckpoint::VariantId)
            .and_where(Expr::col(StockLevelCheckpoint::Suspect))
            .to_owned();
        manager.create_index(suspects).await?;
        let ended_at = timestamp_with_time_zone_null(Reservation::EndedAt);
        manager.alter_table(Table::alter().table(Reservation::Table).add_column(ended_at).to_owned()).await?;
        let ended = Index::create()
            .name("reservation_ended")
            .table(Reservation::Table)
            .col(Reservation::EndedAt)
            .and_where(Expr::col(Reservation::EndedAt).is_not_null())
            .to_owned();
        manager.create_index(ended).await?;
        for statement in [BEGIN, ENDED_BEFORE] {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }
}
