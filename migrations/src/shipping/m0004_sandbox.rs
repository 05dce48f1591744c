//! The sandbox carrier's own books: what another company would keep in a database that we never see.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, string, text_null, timestamp_with_time_zone};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0004_sandbox"
    }
}

#[derive(DeriveIden)]
enum SandboxBooking {
    Table,
    TrackingNumber,
    Reference,
    State,
    Country,
    WeightGrams,
    CreatedAt,
}

#[derive(DeriveIden)]
enum SandboxCall {
    Table,
    Key,
    Fingerprint,
    Answer,
    CreatedAt,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let booking = Table::create()
            .table(SandboxBooking::Table)
            .col(string(SandboxBooking::TrackingNumber).primary_key())
            .col(string(SandboxBooking::Reference))
            .col(string(SandboxBooking::State))
            .col(string(SandboxBooking::Country))
            .col(big_integer(SandboxBooking::WeightGrams))
            .col(timestamp_with_time_zone(SandboxBooking::CreatedAt))
            .to_owned();
        manager.create_table(booking).await?;
        // Not unique: the books must be able to show a second booking, or they would prove nothing.
        let by_reference = Index::create()
            .name("sandbox_booking_reference")
            .table(SandboxBooking::Table)
            .col(SandboxBooking::Reference)
            .to_owned();
        manager.create_index(by_reference).await?;
        let call = Table::create()
            .table(SandboxCall::Table)
            .col(string(SandboxCall::Key).primary_key())
            .col(string(SandboxCall::Fingerprint))
            .col(text_null(SandboxCall::Answer))
            .col(timestamp_with_time_zone(SandboxCall::CreatedAt))
            .to_owned();
        manager.create_table(call).await
    }
}
