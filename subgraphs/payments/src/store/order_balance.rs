//! Where orders stand, as the books say.

use std::iter;

use chrono::{DateTime, Utc};
use kit::{Failure, Result};
use sea_orm::{ConnectionTrait, QueryResult, Statement, Value};
use vocab::{CurrencyCode, Money, OrderId};

use super::Store;
use crate::order_balance::OrderBalance;
use crate::order_list::listed;

/// What the entries come to of each order that `only` lets in.
pub(super) fn of_entries(only: &str) -> String {
    format!(
        "entry AS (SELECT order_id, currency, \
             SUM(CASE account WHEN 'captured' THEN minor ELSE 0 END) AS captured, \
             SUM(CASE account WHEN 'refunded' THEN -minor ELSE 0 END) AS refunded, \
             SUM(CASE account WHEN 'settled' THEN -minor ELSE 0 END) AS settled, \
             SUM(CASE account WHEN 'owed' THEN minor ELSE 0 END) AS owed, MAX(at) AS newest \
           FROM money_entry {only} GROUP BY order_id, currency)"
    )
}

/// Where each of those orders stands; `$1` is when a move is no longer fresh.
pub(super) const ORDER_BALANCE: &str = "standing AS (SELECT entry.order_id, entry.currency, captured, refunded, settled, owed, \
      CASE WHEN payment.state IN ('AUTHORIZING', 'CAPTURING', 'VOIDING', 'REFUNDING') THEN 1 ELSE 0 END AS asking, \
      CASE WHEN entry.newest > $1 OR sale.cancelled_at > $1 THEN 1 ELSE 0 END AS fresh \
    FROM entry LEFT JOIN payment ON payment.order_id = entry.order_id \
    LEFT JOIN sale ON sale.order_id = entry.order_id)";

fn rows_of(only: &str) -> String {
    format!(
        "WITH {}, {ORDER_BALANCE} \
         SELECT order_id, currency, CAST(captured AS BIGINT) AS first, CAST(refunded AS BIGINT) AS second, \
         CAST(owed AS BIGINT) AS third, CAST(settled AS BIGINT) AS fourth, \
         CAST(CASE WHEN asking = 1 OR fresh = 1 THEN 1 ELSE 0 END AS BIGINT) AS moving \
         FROM standing ORDER BY order_id, currency",
        of_entries(only)
    )
}

impl Store {
    /// Where one order stands, in each currency in which it has moved money.
    pub(crate) async fn balance_of(&self, order_id: &OrderId, settled: DateTime<Utc>) -> Result<Vec<OrderBalance>> {
        self.balances("WHERE order_id = $2", [settled.into(), order_id.as_str().into()]).await
    }

    /// Where these orders stand, likewise. One that has moved none is missing.
    pub(crate) async fn balances_of(&self, orders: &[OrderId], settled: DateTime<Utc>) -> Result<Vec<OrderBalance>> {
        if orders.is_empty() {
            return Ok(Vec::new());
        }
        let (places, orders) = listed(2, orders);
        let values = iter::once(settled.into()).chain(orders);
        self.balances(&format!("WHERE order_id IN ({places})"), values).await
    }

    /// Where the orders behind `after` stand, up to `upto` or to the last.
    pub(crate) async fn balances_between(
        &self,
        after: &str,
        upto: Option<&str>,
        settled: DateTime<Utc>,
    ) -> Result<Vec<OrderBalance>> {
        let mut values: Vec<Value> = vec![settled.into(), after.into()];
        values.extend(upto.map(Value::from));
        let only = match upto {
            Some(_) => "WHERE order_id > $2 AND order_id <= $3",
            None => "WHERE order_id > $2",
        };
        self.balances(only, values).await
    }

    async fn balances(&self, only: &str, values: impl IntoIterator<Item = Value>) -> Result<Vec<OrderBalance>> {
        let rows = self.added_up(&rows_of(only), values).await?;
        rows.iter().map(|row| balance(row, row.try_get::<i64>("", "moving")? != 0)).collect()
    }

    pub(super) async fn added_up(
        &self,
        sql: &str,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<Vec<QueryResult>> {
        let reader = self.db.reader();
        let statement = Statement::from_sql_and_values(reader.get_database_backend(), sql, values);
        Ok(reader.query_all_raw(statement).await?)
    }
}

pub(super) fn moneys(row: &QueryResult) -> Result<[Money; 4]> {
    let currency = CurrencyCode::stored(&row.try_get::<String>("", "currency")?)?;
    let money = |column| Ok::<_, Failure>(Money::new(row.try_get("", column)?, currency));
    Ok([money("first")?, money("second")?, money("third")?, money("fourth")?])
}

pub(super) fn order_of(row: &QueryResult) -> Result<OrderId> {
    Ok(OrderId::parse(&row.try_get::<String>("", "order_id")?)?)
}

pub(super) fn balance(row: &QueryResult, moving: bool) -> Result<OrderBalance> {
    let [captured, refunded, owed, settled] = moneys(row)?;
    Ok(OrderBalance { order_id: order_of(row)?, captured, refunded, settled, owed, moving })
}
