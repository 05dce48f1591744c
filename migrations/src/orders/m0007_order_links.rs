//! Links are found by the order that they lead to.

use sea_orm_migration::prelude::*;

pub(super) struct OrderLinks;

impl MigrationName for OrderLinks {
    fn name(&self) -> &'static str {
        "m0007_order_links"
    }
}

#[derive(DeriveIden)]
enum OrderLink {
    Table,
    OrderId,
}

#[async_trait::async_trait]
impl MigrationTrait for OrderLinks {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let of_order =
            Index::create().name("order_link_order").table(OrderLink::Table).col(OrderLink::OrderId).to_owned();
        manager.create_index(of_order).await
    }
}
