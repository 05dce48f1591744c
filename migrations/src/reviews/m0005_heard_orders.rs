//! Which orders were heard of lately, so that news of them may come in any order.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{boolean, string, timestamp_with_time_zone};

pub(super) struct HeardOrders;

impl MigrationName for HeardOrders {
    fn name(&self) -> &'static str {
        "m0005_heard_orders"
    }
}

#[derive(DeriveIden)]
enum HeardOrder {
    Table,
    OrderId,
    Cancelled,
    HeardAt,
}

#[async_trait::async_trait]
impl MigrationTrait for HeardOrders {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let heard_order = Table::create()
            .table(HeardOrder::Table)
            .col(string(HeardOrder::OrderId).primary_key())
            .col(boolean(HeardOrder::Cancelled))
            .col(timestamp_with_time_zone(HeardOrder::HeardAt))
            .to_owned();
        manager.create_table(heard_order).await?;
        let by_age =
            Index::create().name("heard_order_age").table(HeardOrder::Table).col(HeardOrder::HeardAt).to_owned();
        manager.create_index(by_age).await
    }
}
