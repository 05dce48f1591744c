//! The books, added up.

use chrono::{DateTime, Utc};
use kit::{Failure, Result};
use sea_orm::{ConnectionTrait, QueryResult, Statement, Value};
use vocab::{CurrencyCode, Money, OrderId};

use super::Store;
use crate::standing::{Rule, Standing, Totals, Violation};

/// All books added up, as one moment saw them, and the first of what does not add up.
#[derive(Clone, Debug, Default)]
pub struct Sums {
    pub totals: Vec<Totals>,
    pub checked: i64,
    pub open: i64,
    pub violations: Vec<Violation>,
}

/// How many violations of each rule are looked at.
pub const MOST_VIOLATIONS: u64 = 100;

/// Where each order stands; `$1` is when a move is no longer fresh.
fn standings(only: &str) -> String {
    format!(
        "WITH entry AS (SELECT order_id, currency, \
             SUM(CASE account WHEN 'captured' THEN minor ELSE 0 END) AS captured, \
             SUM(CASE account WHEN 'refunded' THEN -minor ELSE 0 END) AS refunded, \
             SUM(CASE account WHEN 'settled' THEN -minor ELSE 0 END) AS settled, \
             SUM(CASE account WHEN 'owed' THEN minor ELSE 0 END) AS owed, MAX(at) AS newest \
           FROM money_entry {only} GROUP BY order_id, currency), \
         standing AS (SELECT entry.order_id, entry.currency, captured, refunded, settled, owed, \
             CASE WHEN payment.state IN ({UNDER_WAY}) THEN 1 ELSE 0 END AS asking, \
             CASE WHEN entry.newest > $1 OR sale.cancelled_at > $1 THEN 1 ELSE 0 END AS fresh \
           FROM entry LEFT JOIN payment ON payment.order_id = entry.order_id \
           LEFT JOIN sale ON sale.order_id = entry.order_id) "
    )
}

const UNDER_WAY: &str = "'AUTHORIZING', 'CAPTURING', 'VOIDING', 'REFUNDING'";

/// One statement, so that it sees one moment on either engine. Of the orders, only those come back that do not add up.
fn sums_sql() -> String {
    format!(
        "{standings} \
         SELECT 'TOTAL' AS kind, '' AS order_id, '' AS event, currency, CAST(SUM(captured) AS BIGINT) AS first, \
           CAST(SUM(refunded) AS BIGINT) AS second, CAST(SUM(owed) AS BIGINT) AS third, \
           CAST(SUM(settled) AS BIGINT) AS fourth FROM standing GROUP BY currency \
         UNION ALL SELECT 'COUNT', '', '', '', \
           (SELECT COUNT(*) FROM (SELECT order_id FROM payment UNION SELECT order_id FROM sale) AS known), \
           (SELECT COUNT(*) FROM payment WHERE state IN ({UNDER_WAY})) + (SELECT COUNT(DISTINCT order_id) FROM standing \
             WHERE captured - refunded - settled <> owed AND fresh = 1 AND asking = 0), 0, 0 \
         UNION ALL SELECT * FROM (SELECT 'ORDER' AS kind, order_id, '' AS event, currency, \
             CAST(captured AS BIGINT) AS first, CAST(refunded AS BIGINT) AS second, CAST(owed AS BIGINT) AS third, \
             CAST(settled AS BIGINT) AS fourth \
           FROM standing WHERE captured - refunded - settled <> owed AND fresh = 0 AND asking = 0 \
           ORDER BY order_id, currency LIMIT {MOST_VIOLATIONS}) AS unpaid \
         UNION ALL SELECT * FROM (SELECT 'EVENT' AS kind, order_id, event, currency, \
             CAST(SUM(CASE WHEN minor > 0 THEN minor ELSE 0 END) AS BIGINT) AS first, \
             CAST(SUM(CASE WHEN minor < 0 THEN -minor ELSE 0 END) AS BIGINT) AS second, 0 AS third, \
             0 AS fourth FROM money_entry GROUP BY order_id, event, currency HAVING SUM(minor) <> 0 \
           ORDER BY order_id, event LIMIT {MOST_VIOLATIONS}) AS uneven",
        standings = standings("")
    )
}

fn rows_of(only: &str) -> String {
    format!(
        "{} SELECT order_id, currency, CAST(captured AS BIGINT) AS first, CAST(refunded AS BIGINT) AS second, \
         CAST(owed AS BIGINT) AS third, CAST(settled AS BIGINT) AS fourth, CAST(CASE WHEN asking = 1 OR fresh = 1 THEN 1 ELSE 0 END AS BIGINT) AS moving \
         FROM standing ORDER BY order_id, currency",
        standings(only)
    )
}

impl Store {
    /// Adds up every order's money. An order that moved after `settled` may still be on its way.
    pub(crate) async fn sums(&self, settled: DateTime<Utc>) -> Result<Sums> {
        let mut sums = Sums::default();
        for row in self.added_up(&sums_sql(), [settled.into()]).await? {
            match row.try_get::<String>("", "kind")?.as_str() {
                "COUNT" => (sums.checked, sums.open) = (row.try_get("", "first")?, row.try_get("", "second")?),
                "TOTAL" => {
                    let [captured, refunded, owed, settled] = moneys(&row)?;
                    sums.totals.push(Totals { captured, refunded, settled, owed });
                }
                "ORDER" => sums.violations.push(standing(&row, false)?.violation()),
                _ => sums.violations.push(uneven(&row)?),
            }
        }
        sums.totals.sort_by_key(|totals| totals.captured.currency);
        Ok(sums)
    }

    /// Where one order stands, in each currency in which it has moved money.
    pub(crate) async fn standing_of(&self, order_id: &OrderId, settled: DateTime<Utc>) -> Result<Vec<Standing>> {
        let values = [settled.into(), order_id.as_str().into()];
        let rows = self.added_up(&rows_of("WHERE order_id = $2"), values).await?;
        rows.iter().map(|row| standing(row, row.try_get::<i64>("", "moving")? != 0)).collect()
    }

    /// Where the orders behind `after` stand, up to `upto` or to the last.
    pub(crate) async fn standings_between(
        &self,
        after: &str,
        upto: Option<&str>,
        settled: DateTime<Utc>,
    ) -> Result<Vec<Standing>> {
        let mut values: Vec<Value> = vec![settled.into(), after.into()];
        values.extend(upto.map(Value::from));
        let only = match upto {
            Some(_) => "WHERE order_id > $2 AND order_id <= $3",
            None => "WHERE order_id > $2",
        };
        let rows = self.added_up(&rows_of(only), values).await?;
        rows.iter().map(|row| standing(row, row.try_get::<i64>("", "moving")? != 0)).collect()
    }

    async fn added_up(&self, sql: &str, values: impl IntoIterator<Item = Value>) -> Result<Vec<QueryResult>> {
        let reader = self.db.reader();
        let statement = Statement::from_sql_and_values(reader.get_database_backend(), sql, values);
        Ok(reader.query_all_raw(statement).await?)
    }
}

fn moneys(row: &QueryResult) -> Result<[Money; 4]> {
    let currency = CurrencyCode::stored(&row.try_get::<String>("", "currency")?)?;
    let money = |column| Ok::<_, Failure>(Money::new(row.try_get("", column)?, currency));
    Ok([money("first")?, money("second")?, money("third")?, money("fourth")?])
}

fn order_of(row: &QueryResult) -> Result<OrderId> {
    Ok(OrderId::parse(&row.try_get::<String>("", "order_id")?)?)
}

fn standing(row: &QueryResult, moving: bool) -> Result<Standing> {
    let [captured, refunded, owed, settled] = moneys(row)?;
    Ok(Standing { order_id: order_of(row)?, captured, refunded, settled, owed, moving })
}

fn uneven(row: &QueryResult) -> Result<Violation> {
    let [found, expected, ..] = moneys(row)?;
    let event: String = row.try_get("", "event")?;
    Ok(Violation {
        rule: Rule::Event,
        order_id: order_of(row)?,
        found,
        expected,
        message: format!("The event `{event}` puts {found} on its accounts and takes {expected} from them."),
    })
}
