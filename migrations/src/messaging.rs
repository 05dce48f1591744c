//! The outbox and inbox that stand in every domain's database.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, string, text, timestamp_with_time_zone_null};

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
}

#[derive(DeriveIden)]
enum Inbox {
    Table,
    Consumer,
    MessageId,
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
