//! The outbox and inbox that stand in every domain's database.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, integer, string, string_null, text, timestamp_with_time_zone, timestamp_with_time_zone_null,
};

pub struct Messaging;

impl MigrationName for Messaging {
    fn name(&self) -> &'static str {
        "m0000_messaging"
    }
}

#[derive(DeriveIden)]
enum Outbox {
    Table,
    Seq,
    Id,
    Stream,
    Kind,
    Key,
    Body,
    SentAt,
    Attempts,
    ResendAt,
    Entry,
}

#[derive(DeriveIden)]
enum Inbox {
    Table,
    Consumer,
    MessageId,
    HandledAt,
}

#[derive(DeriveIden)]
enum OutboxMark {
    Table,
    MessageId,
    Consumer,
    DeadEntry,
}

#[async_trait::async_trait]
impl MigrationTrait for Messaging {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let outbox = Table::create()
            .table(Outbox::Table)
            .col(big_integer(Outbox::Seq).auto_increment().primary_key())
            .col(string(Outbox::Id))
            .col(string(Outbox::Stream))
            .col(string(Outbox::Kind))
            .col(string(Outbox::Key))
            .col(text(Outbox::Body))
            .col(timestamp_with_time_zone_null(Outbox::SentAt))
            .to_owned();
        manager.create_table(outbox).await?;
        let unsent = Index::create()
            .name("outbox_unsent")
            .table(Outbox::Table)
            .col(Outbox::Seq)
            .and_where(Expr::col(Outbox::SentAt).is_null())
            .to_owned();
        manager.create_index(unsent).await?;
        let inbox = Table::create()
            .table(Inbox::Table)
            .col(string(Inbox::Consumer))
            .col(string(Inbox::MessageId))
            .primary_key(Index::create().col(Inbox::Consumer).col(Inbox::MessageId))
            .to_owned();
        manager.create_table(inbox).await
    }
}

/// Messages are kept until their consumers have marked them, and what was handled is remembered for a time.
pub struct Marks;

impl MigrationName for Marks {
    fn name(&self) -> &'static str {
        "m0000_marks"
    }
}

/// Before every message that was ever handled: such rows are forgotten like any that are old.
const UNKNOWN: &str = "1970-01-01 00:00:00+00:00";

#[async_trait::async_trait]
impl MigrationTrait for Marks {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let add = |table: TableAlterStatement| manager.alter_table(table);
        add(Table::alter().table(Outbox::Table).add_column(integer(Outbox::Attempts).default(0)).to_owned()).await?;
        add(Table::alter().table(Outbox::Table).add_column(timestamp_with_time_zone_null(Outbox::ResendAt)).to_owned())
            .await?;
        let handled_at = timestamp_with_time_zone(Inbox::HandledAt).default(UNKNOWN).to_owned();
        add(Table::alter().table(Inbox::Table).add_column(handled_at).to_owned()).await?;
        // What was sent before there were marks is not waited for.
        let sent =
            Query::delete().from_table(Outbox::Table).and_where(Expr::col(Outbox::SentAt).is_not_null()).to_owned();
        manager.execute(sent).await?;
        for index in [
            Index::create().name("outbox_id").table(Outbox::Table).col(Outbox::Id).to_owned(),
            Index::create().name("outbox_resend").table(Outbox::Table).col(Outbox::ResendAt).to_owned(),
            Index::create().name("inbox_handled").table(Inbox::Table).col(Inbox::HandledAt).to_owned(),
        ] {
            manager.create_index(index).await?;
        }
        let mark = Table::create()
            .table(OutboxMark::Table)
            .col(string(OutboxMark::MessageId))
            .col(string(OutboxMark::Consumer))
            .col(string_null(OutboxMark::DeadEntry))
            .primary_key(Index::create().col(OutboxMark::MessageId).col(OutboxMark::Consumer))
            .to_owned();
        manager.create_table(mark).await
    }
}

/// Any relay can see where a message lies on its stream, and not only the one that put it there.
pub struct Entries;

impl MigrationName for Entries {
    fn name(&self) -> &'static str {
        "m0000_outbox_entries"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Entries {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let entry = Table::alter().table(Outbox::Table).add_column(string_null(Outbox::Entry)).to_owned();
        manager.alter_table(entry).await
    }
}
