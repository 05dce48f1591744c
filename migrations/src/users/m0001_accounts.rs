//! Accounts, and the keys that sign what they prove themselves with.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{blob, integer, string, string_uniq, text, timestamp_with_time_zone};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[derive(DeriveIden)]
enum Account {
    Table,
    Id,
    Email,
    PasswordHash,
    DisplayName,
    Permissions,
    CreatedAt,
}

#[derive(DeriveIden)]
enum SigningKey {
    Table,
    Generation,
    Kid,
    Pkcs8,
    CreatedAt,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let account = Table::create()
            .table(Account::Table)
            .col(string(Account::Id).primary_key())
            .col(string_uniq(Account::Email))
            .col(string(Account::PasswordHash))
            .col(string(Account::DisplayName))
            // Separated by spaces, like an OAuth scope; empty for customers.
            .col(text(Account::Permissions))
            .col(timestamp_with_time_zone(Account::CreatedAt))
            .to_owned();
        manager.create_table(account).await?;
        let signing_key = Table::create()
            .table(SigningKey::Table)
            // Counts up from one: replicas that start together agree on a generation's key by who writes it first.
            .col(integer(SigningKey::Generation).primary_key())
            .col(string_uniq(SigningKey::Kid))
            .col(blob(SigningKey::Pkcs8))
            .col(timestamp_with_time_zone(SigningKey::CreatedAt))
            .to_owned();
        manager.create_table(signing_key).await
    }
}
