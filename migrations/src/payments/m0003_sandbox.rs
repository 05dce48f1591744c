//! The sandbox gateway's own books: what another company would keep in a database that we never see.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, string, string_null, text, text_null, timestamp_with_time_zone};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0003_sandbox"
    }
}

#[derive(DeriveIden)]
enum SandboxCharge {
    Table,
    Id,
    Reference,
    State,
    AmountMinor,
    Currency,
    CapturedMinor,
    RefundedMinor,
    Brand,
    Last4,
    CreatedAt,
}

#[derive(DeriveIden)]
enum SandboxCall {
    Table,
    Key,
    Request,
    Answer,
    CreatedAt,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let charge = Table::create()
            .table(SandboxCharge::Table)
            .col(string(SandboxCharge::Id).primary_key())
            .col(string(SandboxCharge::Reference))
            .col(string(SandboxCharge::State))
            .col(big_integer(SandboxCharge::AmountMinor))
            .col(string(SandboxCharge::Currency))
            .col(big_integer(SandboxCharge::CapturedMinor))
            .col(big_integer(SandboxCharge::RefundedMinor))
            .col(string_null(SandboxCharge::Brand))
            .col(string_null(SandboxCharge::Last4))
            .col(timestamp_with_time_zone(SandboxCharge::CreatedAt))
            .to_owned();
        manager.create_table(charge).await?;
        // Not unique: the books must be able to show a second charge, or they would prove nothing.
        let by_reference = Index::create()
            .name("sandbox_charge_reference")
            .table(SandboxCharge::Table)
            .col(SandboxCharge::Reference)
            .to_owned();
        manager.create_index(by_reference).await?;
        let call = Table::create()
            .table(SandboxCall::Table)
            .col(string(SandboxCall::Key).primary_key())
            .col(text(SandboxCall::Request))
            .col(text_null(SandboxCall::Answer))
            .col(timestamp_with_time_zone(SandboxCall::CreatedAt))
            .to_owned();
        manager.create_table(call).await
    }
}
