//! Whose an order is, and since when it is one: guests' orders are found by their mail address and change hands.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    integer, string, string_null, timestamp_with_time_zone, timestamp_with_time_zone_null,
};
use sea_orm_migration::sea_orm::{ConnectionTrait, Statement};
use sha2::{Digest, Sha256};

pub(super) struct Ownership;

impl MigrationName for Ownership {
    fn name(&self) -> &'static str {
        "m0006_ownership"
    }
}

#[derive(DeriveIden)]
enum Purchase {
    #[sea_orm(iden = "orders")]
    Table,
    /// How often it has changed hands.
    OwnerVersion,
    /// The hash of the address, as an access token names it. Null once its buyer is forgotten.
    EmailHash,
    /// Null as long as its checkout runs, and for good when that fails.
    ConfirmedAt,
}

#[derive(DeriveIden)]
enum IdempotentRequest {
    Table,
    /// What the secret was made with that the request was given.
    Salt,
}

/// A link to an order, sent by mail. There is a row for nobody's order as well: it counts who asks how often.
#[derive(DeriveIden)]
enum OrderLink {
    Table,
    /// Of the token in the link, which is not kept.
    TokenHash,
    /// Null when it leads nowhere, or was followed.
    OrderId,
    /// The address that was typed, as a hash.
    Address,
    /// The client that asked, as a hash; null when it is not known.
    Client,
    CreatedAt,
    ExpiresAt,
}

const ROWS_AT_ONCE: i64 = 500;

#[async_trait::async_trait]
impl MigrationTrait for Ownership {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite adds one column a statement.
        for column in [
            integer(Purchase::OwnerVersion).default(0).to_owned(),
            string_null(Purchase::EmailHash),
            timestamp_with_time_zone_null(Purchase::ConfirmedAt),
        ] {
            let added = Table::alter().table(Purchase::Table).add_column(column).to_owned();
            manager.alter_table(added).await?;
        }
        let salt =
            Table::alter().table(IdempotentRequest::Table).add_column(string_null(IdempotentRequest::Salt)).to_owned();
        manager.alter_table(salt).await?;
        tell_when_confirmed(manager).await?;
        hash_addresses(manager).await?;
        let by_address = Index::create()
            .name("orders_guest_email")
            .table(Purchase::Table)
            .col(Purchase::EmailHash)
            .and_where(Expr::cust("substr(owner, 1, 6) = 'guest:'"))
            .to_owned();
        manager.create_index(by_address).await?;
        create_links(manager).await
    }
}

async fn tell_when_confirmed(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let sql = "UPDATE orders SET confirmed_at = (SELECT MIN(order_event.at) FROM order_event \
               WHERE order_event.order_id = orders.id AND order_event.kind = 'confirmed')";
    manager.get_connection().execute_unprepared(sql).await?;
    Ok(())
}

async fn hash_addresses(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let db = manager.get_connection();
    let engine = db.get_database_backend();
    let (some, one) = (
        "SELECT id, email FROM orders WHERE id > $1 AND email <> 'erased@erased.invalid' ORDER BY id LIMIT $2",
        "UPDATE orders SET email_hash = $1 WHERE id = $2",
    );
    let mut after = String::new();
    loop {
        let page = Statement::from_sql_and_values(engine, some, [after.as_str().into(), ROWS_AT_ONCE.into()]);
        let rows = db.query_all_raw(page).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.try_get("", "id")?;
        for row in &rows {
            let (id, email): (String, String) = (row.try_get("", "id")?, row.try_get("", "email")?);
            let hash = URL_SAFE_NO_PAD.encode(Sha256::digest(email.as_bytes()));
            db.execute_raw(Statement::from_sql_and_values(engine, one, [hash.into(), id.into()])).await?;
        }
    }
}

async fn create_links(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let link = Table::create()
        .table(OrderLink::Table)
        .col(string(OrderLink::TokenHash).primary_key())
        .col(string_null(OrderLink::OrderId))
        .col(string(OrderLink::Address))
        .col(string_null(OrderLink::Client))
        .col(timestamp_with_time_zone(OrderLink::CreatedAt))
        .col(timestamp_with_time_zone(OrderLink::ExpiresAt))
        .to_owned();
    manager.create_table(link).await?;
    for (name, column) in [("order_link_address", OrderLink::Address), ("order_link_client", OrderLink::Client)] {
        let counted =
            Index::create().name(name).table(OrderLink::Table).col(column).col(OrderLink::CreatedAt).to_owned();
        manager.create_index(counted).await?;
    }
    let swept = Index::create().name("order_link_expiry").table(OrderLink::Table).col(OrderLink::ExpiresAt).to_owned();
    manager.create_index(swept).await
}
