//! Whoever could grant everything until now owns the shop.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[derive(DeriveIden)]
enum Account {
    Table,
    Permissions,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut owners = Query::update();
        owners
            .table(Account::Table)
            .value(Account::Permissions, "owner")
            .and_where(Expr::col(Account::Permissions).like("%users%"));
        manager.execute(owners).await
    }
}
