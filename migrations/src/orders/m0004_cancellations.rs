//! The cancelling of orders: a saga of its own, one for each order that somebody wanted back.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    integer, string, text, text_null, timestamp_with_time_zone, timestamp_with_time_zone_null,
};

pub(super) struct Cancellations;

impl MigrationName for Cancellations {
    fn name(&self) -> &'static str {
        "m0004_cancellations"
    }
}

#[derive(DeriveIden)]
enum Cancellation {
    Table,
    OrderId,
    /// In the words of who wanted it.
    Reason,
    Saga,
    Version,
    /// Null when no answer is waited for.
    Deadline,
    StartedAt,
}

#[async_trait::async_trait]
impl MigrationTrait for Cancellations {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let cancellation = Table::create()
            .table(Cancellation::Table)
            .col(string(Cancellation::OrderId).primary_key())
            .col(text_null(Cancellation::Reason))
            .col(text(Cancellation::Saga))
            .col(integer(Cancellation::Version))
            .col(timestamp_with_time_zone_null(Cancellation::Deadline))
            .col(timestamp_with_time_zone(Cancellation::StartedAt))
            .to_owned();
        manager.create_table(cancellation).await?;
        let due = Index::create()
            .name("cancellation_due")
            .table(Cancellation::Table)
            .col(Cancellation::Deadline)
            .and_where(Expr::col(Cancellation::Deadline).is_not_null())
            .to_owned();
        manager.create_index(due).await
    }
}
