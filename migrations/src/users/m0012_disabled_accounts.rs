//! Accounts that nobody gets into any more, and those of a demo, whose passwords everybody knows.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{boolean, timestamp_with_time_zone_null};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[derive(DeriveIden)]
enum Account {
    Table,
    /// Null where its owner gets in.
    DisabledAt,
    /// It stays so whatever address somebody moved the account to.
    Demo,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let disabled = timestamp_with_time_zone_null(Account::DisabledAt);
        manager.alter_table(Table::alter().table(Account::Table).add_column(disabled).to_owned()).await?;
        let demo = boolean(Account::Demo).default(false).to_owned();
        manager.alter_table(Table::alter().table(Account::Table).add_column(demo).to_owned()).await?;
        let demos = Index::create()
            .name("account_demo")
            .table(Account::Table)
            .col(Account::Demo)
            .and_where(Expr::col(Account::Demo).eq(true))
            .to_owned();
        manager.create_index(demos).await
    }
}
