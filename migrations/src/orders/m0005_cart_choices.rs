//! What a shopper chose and where a cart went, what is in stock, and the ways to what a sweep or a sign-in looks for.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, string, string_null};

pub(super) struct CartChoices;

impl MigrationName for CartChoices {
    fn name(&self) -> &'static str {
        "m0005_cart_choices"
    }
}

#[derive(DeriveIden)]
enum Cart {
    Table,
    Id,
    Owner,
    State,
    UpdatedAt,
    ExpiresAt,
    DeliveryCountry,
    DeliveryMethod,
    /// The cart that took over the lines of this one.
    MergedInto,
}

#[derive(DeriveIden)]
enum StockView {
    Table,
    VariantId,
    Free,
    Version,
}

#[derive(DeriveIden)]
enum IdempotentRequest {
    Table,
    CreatedAt,
}

#[async_trait::async_trait]
impl MigrationTrait for CartChoices {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in [Cart::DeliveryCountry, Cart::DeliveryMethod, Cart::MergedInto] {
            let added = Table::alter().table(Cart::Table).add_column(string_null(column)).to_owned();
            manager.alter_table(added).await?;
        }
        let stock = Table::create()
            .table(StockView::Table)
            .col(string(StockView::VariantId).primary_key())
            .col(big_integer(StockView::Free))
            .col(big_integer(StockView::Version))
            .to_owned();
        manager.create_table(stock).await?;
        create_indexes(manager).await
    }
}

async fn create_indexes(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    // By expiry alone, a sweep would walk over every cart that has become an order.
    manager.drop_index(Index::drop().name("cart_expiry").table(Cart::Table).to_owned()).await?;
    let swept = Index::create()
        .name("cart_state_expiry")
        .table(Cart::Table)
        .col(Cart::State)
        .col(Cart::ExpiresAt)
        .col(Cart::Id)
        .to_owned();
    manager.create_index(swept).await?;
    let current = Index::create()
        .name("cart_owner_current")
        .table(Cart::Table)
        .col(Cart::Owner)
        .col(Cart::State)
        .col((Cart::UpdatedAt, IndexOrder::Desc))
        .to_owned();
    manager.create_index(current).await?;
    let requests = Index::create()
        .name("cart_request_age")
        .table(IdempotentRequest::Table)
        .col(IdempotentRequest::CreatedAt)
        .and_where(Expr::cust("substr(answer, 1, 5) = 'cart_'"))
        .to_owned();
    manager.create_index(requests).await
}
