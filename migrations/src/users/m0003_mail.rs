//! Mails on their way, and the secrets in their links.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    integer, string, string_null, text, text_null, timestamp_with_time_zone, timestamp_with_time_zone_null,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[derive(DeriveIden)]
enum Mail {
    Table,
    Id,
    Kind,
    Recipient,
    Subject,
    Text,
    Html,
    CreatedAt,
    ExpiresAt,
    SentAt,
    DeadAt,
    Attempts,
    NextAt,
    LastError,
}

#[derive(DeriveIden)]
enum OneUseToken {
    Table,
    Hash,
    Purpose,
    UserId,
    Email,
    Detail,
    CreatedAt,
    ExpiresAt,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mail = Table::create()
            .table(Mail::Table)
            .col(string(Mail::Id).primary_key())
            .col(string(Mail::Kind))
            .col(string(Mail::Recipient))
            .col(text(Mail::Subject))
            // Both are emptied once the mail is sent: there are secrets in them.
            .col(text(Mail::Text))
            .col(text_null(Mail::Html))
            .col(timestamp_with_time_zone(Mail::CreatedAt))
            // When it is of no use any more; null when it always is.
            .col(timestamp_with_time_zone_null(Mail::ExpiresAt))
            .col(timestamp_with_time_zone_null(Mail::SentAt))
            .col(timestamp_with_time_zone_null(Mail::DeadAt))
            .col(integer(Mail::Attempts))
            // When to try (again); null when it is sent or dead.
            .col(timestamp_with_time_zone_null(Mail::NextAt))
            .col(string_null(Mail::LastError))
            .to_owned();
        manager.create_table(mail).await?;
        let due = Index::create().name("mail_due").table(Mail::Table).col(Mail::NextAt).to_owned();
        manager.create_index(due).await?;
        let mut recent = Index::create();
        recent.name("mail_recent").table(Mail::Table).col(Mail::Recipient).col(Mail::CreatedAt);
        manager.create_index(recent).await?;

        let token = Table::create()
            .table(OneUseToken::Table)
            .col(string(OneUseToken::Hash).primary_key())
            .col(string(OneUseToken::Purpose))
            .col(string(OneUseToken::UserId))
            .col(string(OneUseToken::Email))
            .col(text_null(OneUseToken::Detail))
            .col(timestamp_with_time_zone(OneUseToken::CreatedAt))
            .col(timestamp_with_time_zone(OneUseToken::ExpiresAt))
            .to_owned();
        manager.create_table(token).await?;
        let of_user =
            Index::create().name("one_use_token_user").table(OneUseToken::Table).col(OneUseToken::UserId).to_owned();
        manager.create_index(of_user).await
    }
}
