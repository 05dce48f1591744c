//! The ledger of stock is written and read, and never changed.

use sea_orm_migration::prelude::*;

use crate::append_only::append_only;

pub(super) struct Ledger;

impl MigrationName for Ledger {
    fn name(&self) -> &'static str {
        "m0003_ledger"
    }
}

#[derive(DeriveIden)]
enum StockEntry {
    Table,
    Seq,
    VariantId,
    LocationId,
}

#[async_trait::async_trait]
impl MigrationTrait for Ledger {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let of_level = Index::create()
            .name("stock_entry_of_level")
            .table(StockEntry::Table)
            .col(StockEntry::VariantId)
            .col(StockEntry::LocationId)
            .col(StockEntry::Seq)
            .to_owned();
        manager.create_index(of_level).await?;
        append_only(manager, "stock_entry").await
    }
}
