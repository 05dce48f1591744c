//! What the sandbox tells of its books, as a gateway's settlement report would.

use kit::Db;
use sea_orm::{ConnectionTrait, QueryResult, Statement, Value};
use vocab::{CurrencyCode, Money, OrderId};

use crate::gateway::{Booked, GatewayError};

const BOOKED: &str = "\
    SELECT reference, MIN(currency) AS currency, CAST(SUM(captured_minor) AS BIGINT) AS captured, \
      CAST(SUM(refunded_minor) AS BIGINT) AS refunded, \
      CAST(SUM(CASE WHEN captured_minor > 0 THEN 1 ELSE 0 END) AS BIGINT) AS charges FROM sandbox_charge";

/// The orders behind `after`, by ascending reference.
pub async fn behind(db: &Db, after: &str, most: u64) -> Result<Vec<Booked>, GatewayError> {
    let only = format!("WHERE reference > $1 GROUP BY reference ORDER BY reference LIMIT {most}");
    ask(db, &only, after).await
}

pub async fn of(db: &Db, order_id: &OrderId) -> Result<Option<Booked>, GatewayError> {
    Ok(ask(db, "WHERE reference = $1 GROUP BY reference", order_id.as_str()).await?.pop())
}

async fn ask(db: &Db, only: &str, value: impl Into<Value>) -> Result<Vec<Booked>, GatewayError> {
    let reader = db.reader();
    let sql = format!("{BOOKED} {only}");
    let statement = Statement::from_sql_and_values(reader.get_database_backend(), sql, [value.into()]);
    reader.query_all_raw(statement).await?.iter().map(booked).collect()
}

fn booked(row: &QueryResult) -> Result<Booked, GatewayError> {
    let unreadable = |cause: anyhow::Error| GatewayError::NoAnswer(kit::Passing::new(cause));
    let currency =
        CurrencyCode::stored(&row.try_get::<String>("", "currency")?).map_err(|cause| unreadable(cause.into()))?;
    let order_id =
        OrderId::parse(&row.try_get::<String>("", "reference")?).map_err(|cause| unreadable(cause.into()))?;
    let money = |column| Ok::<_, GatewayError>(Money::new(row.try_get("", column)?, currency));
    Ok(Booked {
        order_id,
        captured: money("captured")?,
        refunded: money("refunded")?,
        charges: row.try_get("", "charges")?,
    })
}
