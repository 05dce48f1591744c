//! Carts, their lines, and the requests that must land once.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, integer, integer_null, string, string_null, timestamp_with_time_zone};

pub(super) struct Carts;

impl MigrationName for Carts {
    fn name(&self) -> &'static str {
        "m0002_carts"
    }
}

#[derive(DeriveIden)]
enum Cart {
    Table,
    Id,
    Owner,
    State,
    CheckoutId,
    Currency,
    Version,
    UpdatedAt,
    ExpiresAt,
}

#[derive(DeriveIden)]
enum CartLine {
    Table,
    Id,
    CartId,
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
enum IdempotentRequest {
    Table,
    Owner,
    Key,
    InputHash,
    Answer,
    CreatedAt,
}

#[async_trait::async_trait]
impl MigrationTrait for Carts {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let cart = Table::create()
            .table(Cart::Table)
            .col(string(Cart::Id).primary_key())
            .col(string(Cart::Owner))
            .col(string(Cart::State))
            .col(string_null(Cart::CheckoutId))
            .col(string(Cart::Currency))
            .col(integer(Cart::Version))
            .col(timestamp_with_time_zone(Cart::UpdatedAt))
            .col(timestamp_with_time_zone(Cart::ExpiresAt))
            .to_owned();
        manager.create_table(cart).await?;
        let expiry = Index::create().name("cart_expiry").table(Cart::Table).col(Cart::ExpiresAt).to_owned();
        manager.create_index(expiry).await?;
        let line = Table::create()
            .table(CartLine::Table)
            .col(string(CartLine::Id).primary_key())
            .col(string(CartLine::CartId))
            .col(string(CartLine::VariantId))
            .col(string(CartLine::ProductId))
            .col(string(CartLine::Sku))
            .col(string(CartLine::Title))
            .col(string_null(CartLine::Options))
            .col(big_integer(CartLine::UnitMinor))
            .col(integer_null(CartLine::WeightGrams))
            .col(integer(CartLine::Quantity).check(Expr::col(CartLine::Quantity).gt(0)))
            .foreign_key(
                ForeignKey::create()
                    .from(CartLine::Table, CartLine::CartId)
                    .to(Cart::Table, Cart::Id)
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .to_owned();
        manager.create_table(line).await?;
        let one_line_each = Index::create()
            .name("cart_line_variant")
            .table(CartLine::Table)
            .col(CartLine::CartId)
            .col(CartLine::VariantId)
            .unique()
            .to_owned();
        manager.create_index(one_line_each).await?;
        let request = Table::create()
            .table(IdempotentRequest::Table)
            .col(string(IdempotentRequest::Owner))
            .col(string(IdempotentRequest::Key))
            .col(string(IdempotentRequest::InputHash))
            .col(string(IdempotentRequest::Answer))
            .col(timestamp_with_time_zone(IdempotentRequest::CreatedAt))
            .primary_key(Index::create().col(IdempotentRequest::Owner).col(IdempotentRequest::Key))
            .to_owned();
        manager.create_table(request).await
    }
}
