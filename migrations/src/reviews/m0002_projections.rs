//! What reviews has heard of other subgraphs: which products there are, and who bought which.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, boolean, string};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[derive(DeriveIden)]
enum KnownProduct {
    Table,
    ProductId,
    Version,
    Removed,
}

#[derive(DeriveIden)]
enum Purchase {
    Table,
    UserId,
    ProductId,
    OrderId,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let known_product = Table::create()
            .table(KnownProduct::Table)
            .col(string(KnownProduct::ProductId).primary_key())
            .col(big_integer(KnownProduct::Version))
            .col(boolean(KnownProduct::Removed))
            .to_owned();
        manager.create_table(known_product).await?;
        let purchase = Table::create()
            .table(Purchase::Table)
            .col(string(Purchase::UserId))
            .col(string(Purchase::ProductId))
            .col(string(Purchase::OrderId))
            .primary_key(Index::create().col(Purchase::UserId).col(Purchase::ProductId).col(Purchase::OrderId))
            .to_owned();
        manager.create_table(purchase).await?;
        let of_order =
            Index::create().name("purchase_of_order").table(Purchase::Table).col(Purchase::OrderId).to_owned();
        manager.create_index(of_order).await
    }
}
