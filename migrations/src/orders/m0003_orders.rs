//! Orders, the log of what happened to each, and the saga that carries a checkout through.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, integer, string, string_null, text, timestamp_with_time_zone,
    timestamp_with_time_zone_null,
};

pub(super) struct Orders;

impl MigrationName for Orders {
    fn name(&self) -> &'static str {
        "m0003_orders"
    }
}

/// The table is `orders`: `order` is a word of SQL itself.
#[derive(DeriveIden)]
enum Purchase {
    #[sea_orm(iden = "orders")]
    Table,
    Id,
    Number,
    Owner,
    Email,
    Lifecycle,
    /// How many events stand in the log.
    Version,
    PlacedAt,
    Address,
    DeliveryMethod,
    Currency,
    SubtotalMinor,
    DiscountMinor,
    ShippingMinor,
    TaxMinor,
    TotalMinor,
}

#[derive(DeriveIden)]
enum OrderLine {
    Table,
    Id,
    OrderId,
    VariantId,
    ProductId,
    Sku,
    Title,
    Options,
    UnitMinor,
    WeightGrams,
    Quantity,
}

#[derive(DeriveIden)]
enum OrderEvent {
    Table,
    OrderId,
    Seq,
    At,
    Kind,
    Body,
}

#[derive(DeriveIden)]
enum Checkout {
    Table,
    Id,
    OrderId,
    CartId,
    Owner,
    PaymentMethodToken,
    Saga,
    Version,
    Deadline,
    StartedAt,
}

#[async_trait::async_trait]
impl MigrationTrait for Orders {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_orders(manager).await?;
        create_lines(manager).await?;
        create_events(manager).await?;
        create_checkouts(manager).await
    }
}

async fn create_orders(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let order = Table::create()
        .table(Purchase::Table)
        .col(string(Purchase::Id).primary_key())
        .col(string(Purchase::Number).unique_key())
        .col(string(Purchase::Owner))
        .col(string(Purchase::Email))
        .col(string(Purchase::Lifecycle))
        .col(integer(Purchase::Version))
        .col(timestamp_with_time_zone(Purchase::PlacedAt))
        .col(text(Purchase::Address))
        .col(string(Purchase::DeliveryMethod))
        .col(string(Purchase::Currency))
        .col(big_integer(Purchase::SubtotalMinor))
        .col(big_integer(Purchase::DiscountMinor))
        .col(big_integer(Purchase::ShippingMinor))
        .col(big_integer_null(Purchase::TaxMinor))
        .col(big_integer(Purchase::TotalMinor))
        .to_owned();
    manager.create_table(order).await?;
    let by_owner = Index::create()
        .name("orders_owner")
        .table(Purchase::Table)
        .col(Purchase::Owner)
        .col((Purchase::Id, IndexOrder::Desc))
        .to_owned();
    manager.create_index(by_owner).await
}

async fn create_lines(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let line = Table::create()
        .table(OrderLine::Table)
        .col(string(OrderLine::Id).primary_key())
        .col(string(OrderLine::OrderId))
        .col(string(OrderLine::VariantId))
        .col(string(OrderLine::ProductId))
        .col(string(OrderLine::Sku))
        .col(string(OrderLine::Title))
        .col(string_null(OrderLine::Options))
        .col(big_integer(OrderLine::UnitMinor))
        .col(integer(OrderLine::WeightGrams))
        .col(integer(OrderLine::Quantity))
        .foreign_key(ForeignKey::create().from(OrderLine::Table, OrderLine::OrderId).to(Purchase::Table, Purchase::Id))
        .to_owned();
    manager.create_table(line).await?;
    let by_order = Index::create().name("order_line_order").table(OrderLine::Table).col(OrderLine::OrderId).to_owned();
    manager.create_index(by_order).await
}

async fn create_events(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let event = Table::create()
        .table(OrderEvent::Table)
        .col(string(OrderEvent::OrderId))
        .col(integer(OrderEvent::Seq))
        .col(timestamp_with_time_zone(OrderEvent::At))
        .col(string(OrderEvent::Kind))
        .col(text(OrderEvent::Body))
        .primary_key(Index::create().col(OrderEvent::OrderId).col(OrderEvent::Seq))
        .to_owned();
    manager.create_table(event).await
}

async fn create_checkouts(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let checkout = Table::create()
        .table(Checkout::Table)
        .col(string(Checkout::Id).primary_key())
        .col(string(Checkout::OrderId).unique_key())
        .col(string(Checkout::CartId))
        .col(string(Checkout::Owner))
        .col(string_null(Checkout::PaymentMethodToken))
        .col(text(Checkout::Saga))
        .col(integer(Checkout::Version))
        .col(timestamp_with_time_zone_null(Checkout::Deadline))
        .col(timestamp_with_time_zone(Checkout::StartedAt))
        .to_owned();
    manager.create_table(checkout).await?;
    let due = Index::create()
        .name("checkout_due")
        .table(Checkout::Table)
        .col(Checkout::Deadline)
        .and_where(Expr::col(Checkout::Deadline).is_not_null())
        .to_owned();
    manager.create_index(due).await
}
