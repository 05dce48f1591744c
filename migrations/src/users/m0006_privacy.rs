//! Exports of what the shop holds on a person, erasures, and what every keeper was asked for them.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer_null, boolean, integer, string, string_null, text, text_null, timestamp_with_time_zone,
    timestamp_with_time_zone_null,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[derive(DeriveIden)]
enum DataExport {
    Table,
    Id,
    UserId,
    RequestedAt,
    /// Null until every part is there.
    ReadyAt,
    ExpiresAt,
}

#[derive(DeriveIden)]
enum Erasure {
    Table,
    Id,
    UserId,
    RequestedAt,
    /// The staff who asked for it; null when it was the person.
    RequestedBy,
    TextsToo,
    /// Since when there is no account any more.
    ClosedAt,
    /// The last mail to the person. Null before it is written, and where nobody is to be written to.
    MailId,
    DoneAt,
}

#[derive(DeriveIden)]
enum PrivacyStep {
    Table,
    RequestId,
    Keeper,
    Pass,
    UserId,
    Kind,
    Body,
    Attempts,
    /// When to ask (again); null once it is answered.
    NextAt,
    AnsweredAt,
    Answer,
    RefusedAt,
    Refusal,
    RefusalCount,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let export = Table::create()
            .table(DataExport::Table)
            .col(string(DataExport::Id).primary_key())
            .col(string(DataExport::UserId))
            .col(timestamp_with_time_zone(DataExport::RequestedAt))
            .col(timestamp_with_time_zone_null(DataExport::ReadyAt))
            .col(timestamp_with_time_zone_null(DataExport::ExpiresAt))
            .to_owned();
        manager.create_table(export).await?;
        for (name, column) in [("data_export_user", DataExport::UserId), ("data_export_expiry", DataExport::ExpiresAt)]
        {
            manager.create_index(Index::create().name(name).table(DataExport::Table).col(column).to_owned()).await?;
        }
        let erasure = Table::create()
            .table(Erasure::Table)
            .col(string(Erasure::Id).primary_key())
            // Nobody is erased twice.
            .col(string(Erasure::UserId).unique_key())
            .col(timestamp_with_time_zone(Erasure::RequestedAt))
            .col(string_null(Erasure::RequestedBy))
            .col(boolean(Erasure::TextsToo))
            .col(timestamp_with_time_zone_null(Erasure::ClosedAt))
            .col(string_null(Erasure::MailId))
            .col(timestamp_with_time_zone_null(Erasure::DoneAt))
            .to_owned();
        manager.create_table(erasure).await?;
        let open = Index::create()
            .name("erasure_open")
            .table(Erasure::Table)
            .col(Erasure::ClosedAt)
            .and_where(Expr::col(Erasure::DoneAt).is_null())
            .to_owned();
        manager.create_index(open).await?;
        create_step(manager).await
    }
}

async fn create_step(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let step = Table::create()
        .table(PrivacyStep::Table)
        .col(string(PrivacyStep::RequestId))
        .col(string(PrivacyStep::Keeper))
        .col(integer(PrivacyStep::Pass))
        .col(string(PrivacyStep::UserId))
        .col(string(PrivacyStep::Kind))
        .col(text(PrivacyStep::Body))
        .col(integer(PrivacyStep::Attempts))
        .col(timestamp_with_time_zone_null(PrivacyStep::NextAt))
        .col(timestamp_with_time_zone_null(PrivacyStep::AnsweredAt))
        .col(text_null(PrivacyStep::Answer))
        .col(timestamp_with_time_zone_null(PrivacyStep::RefusedAt))
        .col(string_null(PrivacyStep::Refusal))
        .col(big_integer_null(PrivacyStep::RefusalCount))
        .primary_key(Index::create().col(PrivacyStep::RequestId).col(PrivacyStep::Keeper).col(PrivacyStep::Pass))
        .to_owned();
    manager.create_table(step).await?;
    let due = Index::create().name("privacy_step_due").table(PrivacyStep::Table).col(PrivacyStep::NextAt).to_owned();
    manager.create_index(due).await?;
    let of_user =
        Index::create().name("privacy_step_user").table(PrivacyStep::Table).col(PrivacyStep::UserId).to_owned();
    manager.create_index(of_user).await
}
