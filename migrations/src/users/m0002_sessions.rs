//! Sessions, the providers that accounts are linked with, and what an account is for.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    string, string_null, string_uniq, timestamp_with_time_zone, timestamp_with_time_zone_null,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[derive(DeriveIden)]
enum Account {
    Table,
    Role,
    /// Null until somebody has followed a link that was sent there. Accounts from before the column have shown nothing.
    EmailVerifiedAt,
}

#[derive(DeriveIden)]
enum Session {
    Table,
    Id,
    UserId,
    Device,
    /// SHA-256 of the part that every refresh token of the session has in common.
    FamilyHash,
    /// SHA-256 of the token that is to be used next.
    TokenHash,
    /// Of one that was given in its stead, to a client that used the former token again and may have lost the answer.
    SiblingHash,
    /// Of the token that was used last, and when.
    PreviousHash,
    RotatedAt,
    CreatedAt,
    LastUsedAt,
    /// Kept for a while after this, to tell everybody.
    EndedAt,
}

#[derive(DeriveIden)]
enum Identity {
    Table,
    Provider,
    Subject,
    UserId,
    CreatedAt,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let role = Table::alter().table(Account::Table).add_column(string(Account::Role).default("user")).to_owned();
        manager.alter_table(role).await?;
        let verified = timestamp_with_time_zone_null(Account::EmailVerifiedAt);
        manager.alter_table(Table::alter().table(Account::Table).add_column(verified).to_owned()).await?;
        create_session(manager).await?;
        create_identity(manager).await
    }
}

async fn create_session(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let session = Table::create()
        .table(Session::Table)
        .col(string(Session::Id).primary_key())
        .col(string(Session::UserId))
        .col(string_null(Session::Device))
        .col(string_uniq(Session::FamilyHash))
        .col(string(Session::TokenHash))
        .col(string_null(Session::SiblingHash))
        .col(string_null(Session::PreviousHash))
        .col(timestamp_with_time_zone_null(Session::RotatedAt))
        .col(timestamp_with_time_zone(Session::CreatedAt))
        .col(timestamp_with_time_zone(Session::LastUsedAt))
        .col(timestamp_with_time_zone_null(Session::EndedAt))
        .to_owned();
    manager.create_table(session).await?;
    let of_user = Index::create().name("session_user").table(Session::Table).col(Session::UserId).to_owned();
    manager.create_index(of_user).await?;
    let by_use = Index::create().name("session_last_used").table(Session::Table).col(Session::LastUsedAt).to_owned();
    manager.create_index(by_use).await?;
    let ended = Index::create()
        .name("session_ended")
        .table(Session::Table)
        .col(Session::EndedAt)
        .and_where(Expr::col(Session::EndedAt).is_not_null())
        .to_owned();
    manager.create_index(ended).await
}

async fn create_identity(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let identity = Table::create()
        .table(Identity::Table)
        .col(string(Identity::Provider))
        .col(string(Identity::Subject))
        .col(string(Identity::UserId))
        .col(timestamp_with_time_zone(Identity::CreatedAt))
        .primary_key(Index::create().col(Identity::Provider).col(Identity::Subject))
        .to_owned();
    manager.create_table(identity).await?;
    let one_of_each = Index::create()
        .name("identity_user_provider")
        .table(Identity::Table)
        .col(Identity::UserId)
        .col(Identity::Provider)
        .unique()
        .to_owned();
    manager.create_index(one_of_each).await
}
