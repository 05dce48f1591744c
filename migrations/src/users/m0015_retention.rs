//! Mails, links and accounts that nobody verifies go in time, found by their age. What somebody agreed to is never changed: it goes with its person.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::timestamp_with_time_zone_null;

use crate::append_only::unchanging;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[derive(DeriveIden)]
enum Account {
    Table,
    /// When somebody last registered with its address. Null for accounts from before the column, whose owners may be waited
    /// for, and for those whose person was forgotten: neither goes.
    RegisteredAt,
}

#[derive(DeriveIden)]
enum Mail {
    Table,
    Recipient,
    SentAt,
    DeadAt,
}

#[derive(DeriveIden)]
enum OneUseToken {
    Table,
    ExpiresAt,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, column) in [("mail_sent", Mail::SentAt), ("mail_dead", Mail::DeadAt)] {
            manager.create_index(Index::create().name(name).table(Mail::Table).col(column).to_owned()).await?;
        }
        let registered = timestamp_with_time_zone_null(Account::RegisteredAt);
        manager.alter_table(Table::alter().table(Account::Table).add_column(registered).to_owned()).await?;
        let unverified = Index::create()
            .name("account_unverified")
            .table(Account::Table)
            .col(Account::RegisteredAt)
            .and_where(Expr::cust("email_verified_at IS NULL"))
            .to_owned();
        manager.create_index(unverified).await?;
        let to_nobody =
            Index::create().name("mail_to_nobody").table(Mail::Table).col(Mail::Recipient).col(Mail::SentAt).to_owned();
        manager.create_index(to_nobody).await?;
        let links = Index::create()
            .name("one_use_token_expiry")
            .table(OneUseToken::Table)
            .col(OneUseToken::ExpiresAt)
            .to_owned();
        manager.create_index(links).await?;
        unchanging(manager, "consent").await
    }
}
