//! Sessions know which refresh tokens were used just now, and when and how their owner last showed who they are.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{string, text, timestamp_with_time_zone_null};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[derive(DeriveIden)]
enum Session {
    Table,
    /// Used within the grace, as JSON: each by its hash, with when it was and what its successor follows from.
    Spent,
    AuthenticatedAt,
    /// Separated by spaces.
    Amr,
    SiblingHash,
    PreviousHash,
    RotatedAt,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let added = [
            text(Session::Spent).default("[]").to_owned(),
            timestamp_with_time_zone_null(Session::AuthenticatedAt),
            string(Session::Amr).default("").to_owned(),
        ];
        for column in added {
            manager.alter_table(Table::alter().table(Session::Table).add_column(column).to_owned()).await?;
        }
        for column in [Session::SiblingHash, Session::PreviousHash, Session::RotatedAt] {
            manager.alter_table(Table::alter().table(Session::Table).drop_column(column).to_owned()).await?;
        }
        Ok(())
    }
}
