//! What a mail said that was given up is nobody's to read: there are secrets in it.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[derive(DeriveIden)]
enum Mail {
    Table,
    Text,
    Html,
    DeadAt,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let emptied = Query::update()
            .table(Mail::Table)
            .value(Mail::Text, "")
            .value(Mail::Html, Option::<String>::None)
            .and_where(Expr::col(Mail::DeadAt).is_not_null())
            .to_owned();
        manager.execute(emptied).await
    }
}
