//! What goes in time is found by its age, and the log of orders is written and read, and never changed.

use sea_orm_migration::prelude::*;

use crate::append_only::append_only;

pub(super) struct Retention;

impl MigrationName for Retention {
    fn name(&self) -> &'static str {
        "m0008_retention"
    }
}

#[derive(DeriveIden)]
enum Cart {
    Table,
    ExpiresAt,
}

#[derive(DeriveIden)]
enum IdempotentRequest {
    Table,
    CreatedAt,
}

#[async_trait::async_trait]
impl MigrationTrait for Retention {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // By the state first, the oldest of several states would have to be sorted out.
        manager.drop_index(Index::drop().name("cart_state_expiry").table(Cart::Table).to_owned()).await?;
        let carts = Index::create()
            .name("cart_over")
            .table(Cart::Table)
            .col(Cart::ExpiresAt)
            .and_where(Expr::cust("state <> 'CHECKING_OUT'"))
            .to_owned();
        manager.create_index(carts).await?;
        manager.drop_index(Index::drop().name("cart_request_age").table(IdempotentRequest::Table).to_owned()).await?;
        let requests = Index::create()
            .name("idempotent_request_age")
            .table(IdempotentRequest::Table)
            .col(IdempotentRequest::CreatedAt)
            .to_owned();
        manager.create_index(requests).await?;
        append_only(manager, "order_event").await
    }
}
