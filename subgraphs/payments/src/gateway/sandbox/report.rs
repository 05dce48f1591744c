//! What the sandbox tells of its books, as a gateway's settlement report would.

use chrono::{DateTime, Utc};
use kit::Db;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QueryResult, Statement, Value};
use vocab::{CurrencyCode, Money, OrderId};

use crate::order_list::listed;

use super::PROVIDER;
use super::books::{self, charge_row};
use crate::gateway::{Charge, ChargeStatus, Found, GatewayBalance, GatewayError};

const BOOKED: &str = "\
    SELECT reference, MIN(currency) AS currency, CAST(SUM(captured_minor) AS BIGINT) AS captured, \
      CAST(SUM(refunded_minor) AS BIGINT) AS refunded, \
      CAST(SUM(CASE WHEN captured_minor > 0 THEN 1 ELSE 0 END) AS BIGINT) AS charges FROM sandbox_charge";

/// The orders behind `after`, by ascending reference.
pub async fn behind(db: &Db, after: &str, most: u64) -> Result<Vec<GatewayBalance>, GatewayError> {
    let only = format!("WHERE reference > $1 GROUP BY reference ORDER BY reference LIMIT {most}");
    ask(db, &only, [after.into()]).await
}

/// The same of those with a charge that moved after `since`.
pub async fn moved_since(
    db: &Db,
    since: DateTime<Utc>,
    after: &str,
    most: u64,
) -> Result<Vec<GatewayBalance>, GatewayError> {
    let only = format!(
        "WHERE reference > $1 AND reference IN \
         (SELECT reference FROM sandbox_charge WHERE COALESCE(moved_at, created_at) > $2) \
         GROUP BY reference ORDER BY reference LIMIT {most}"
    );
    ask(db, &only, [after.into(), since.into()]).await
}

/// Of those of the orders that are in the books.
pub async fn of_each(db: &Db, orders: &[OrderId]) -> Result<Vec<GatewayBalance>, GatewayError> {
    if orders.is_empty() {
        return Ok(Vec::new());
    }
    let (places, orders) = listed(1, orders);
    ask(db, &format!("WHERE reference IN ({places}) GROUP BY reference ORDER BY reference"), orders).await
}

pub async fn of(db: &Db, order_id: &OrderId) -> Result<Option<GatewayBalance>, GatewayError> {
    Ok(ask(db, "WHERE reference = $1 GROUP BY reference", [order_id.as_str().into()]).await?.pop())
}

/// The first charge of an order that was not declined. What is held since before `held_since` has lapsed, whether anybody
/// has tried to capture it or not.
pub async fn charge_of(db: &Db, order_id: &OrderId, held_since: DateTime<Utc>) -> Result<Option<Found>, GatewayError> {
    let charge = charge_row::Entity::find()
        .filter(charge_row::Column::Reference.eq(order_id.as_str()))
        .filter(charge_row::Column::State.ne(books::FAILED))
        .order_by_asc(charge_row::Column::Id)
        .one(db.reader())
        .await?;
    charge.map(|charge| found(charge, held_since)).transpose()
}

fn found(charge: charge_row::Model, held_since: DateTime<Utc>) -> Result<Found, GatewayError> {
    let currency = currency(&charge.currency)?;
    let money = |minor| Money::new(minor, currency);
    let status = match charge.state.as_str() {
        books::CAPTURED | books::REFUNDED => {
            ChargeStatus::Captured { captured: money(charge.captured_minor), refunded: money(charge.refunded_minor) }
        }
        books::AUTHORIZED if charge.created_at >= held_since => ChargeStatus::Authorized,
        _ => ChargeStatus::Released,
    };
    let charge_as_shown = Charge {
        reference: charge.id,
        provider: PROVIDER.to_owned(),
        brand: charge.brand.unwrap_or_default(),
        last4: charge.last4.unwrap_or_default(),
    };
    Ok(Found { charge: charge_as_shown, amount: money(charge.amount_minor), status })
}

async fn ask(
    db: &Db,
    only: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Vec<GatewayBalance>, GatewayError> {
    let reader = db.reader();
    let sql = format!("{BOOKED} {only}");
    let statement = Statement::from_sql_and_values(reader.get_database_backend(), sql, values);
    reader.query_all_raw(statement).await?.iter().map(booked).collect()
}

fn booked(row: &QueryResult) -> Result<GatewayBalance, GatewayError> {
    let currency = currency(&row.try_get::<String>("", "currency")?)?;
    let order_id = OrderId::parse(&row.try_get::<String>("", "reference")?).map_err(unreadable)?;
    let money = |column| Ok::<_, GatewayError>(Money::new(row.try_get("", column)?, currency));
    Ok(GatewayBalance {
        order_id,
        captured: money("captured")?,
        refunded: money("refunded")?,
        charges: row.try_get("", "charges")?,
    })
}

fn currency(code: &str) -> Result<CurrencyCode, GatewayError> {
    CurrencyCode::stored(code).map_err(unreadable)
}

fn unreadable(cause: impl Into<anyhow::Error>) -> GatewayError {
    GatewayError::NoAnswer(kit::Transient::new(cause))
}
