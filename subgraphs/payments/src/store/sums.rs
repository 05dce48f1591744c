//! The books of all orders, added up.

use chrono::{DateTime, Utc};
use kit::Result;
use sea_orm::{QueryResult, Value};

use super::Store;
use super::order_balance::{ORDER_BALANCE, balance, moneys, of_entries, order_of};
use super::scope::{KNOWN, Scope, UNDER_WAY, moved_after};
use crate::order_balance::{Rule, Totals, Violation};

/// Books added up, as one moment saw them, and the first of what does not add up.
#[derive(Clone, Debug, Default)]
pub struct Sums {
    /// How far back they were read.
    pub scope: Scope,
    /// Of all orders, however far back was read.
    pub totals: Vec<Totals>,
    pub checked: i64,
    pub open: i64,
    /// How much what is behind the checkpoint differs from when it was added up.
    pub changed: Vec<Totals>,
    pub violations: Vec<Violation>,
}

/// How many violations of each rule are looked at.
const MOST_VIOLATIONS: u64 = 100;

const ALL_ENTRIES: &str = "SELECT currency, account, minor FROM money_entry";

/// What each entry puts on the accounts that count.
fn parted(entries: &str) -> String {
    format!(
        "SELECT currency, (CASE account WHEN 'captured' THEN minor ELSE 0 END) AS captured, \
           (CASE account WHEN 'refunded' THEN -minor ELSE 0 END) AS refunded, \
           (CASE account WHEN 'settled' THEN -minor ELSE 0 END) AS settled, \
           (CASE account WHEN 'owed' THEN minor ELSE 0 END) AS owed FROM ({entries}) AS entries"
    )
}

/// Rows of totals by currency, of what `parts` come to.
fn added(kind: &str, parts: &str) -> String {
    format!(
        "SELECT '{kind}' AS kind, '' AS order_id, '' AS event, currency, CAST(SUM(captured) AS BIGINT) AS first, \
           CAST(SUM(refunded) AS BIGINT) AS second, CAST(SUM(owed) AS BIGINT) AS third, \
           CAST(SUM(settled) AS BIGINT) AS fourth FROM ({parts}) AS {kind} GROUP BY currency"
    )
}

/// One statement, so that it sees one moment on either engine. Of the orders, only those come back that do not add up. `only`
/// says of which orders entries are read, and `seen` from where the count of orders comes, if from anywhere.
fn sums_sql(moved: &str, totals: &str, only: &str, seen: &str) -> String {
    format!(
        "WITH {moved}, {entry}, {ORDER_BALANCE} \
         {totals} \
         UNION ALL SELECT 'COUNT', '', '', '', (SELECT COUNT(*) FROM moved), \
           (SELECT COUNT(*) FROM payment WHERE state IN ({UNDER_WAY})) + (SELECT COUNT(DISTINCT order_id) FROM standing \
             WHERE captured - refunded - settled <> owed AND fresh = 1 AND asking = 0), 0, 0 {seen} \
         UNION ALL SELECT * FROM (SELECT 'ORDER' AS kind, order_id, '' AS event, currency, \
             CAST(captured AS BIGINT) AS first, CAST(refunded AS BIGINT) AS second, CAST(owed AS BIGINT) AS third, \
             CAST(settled AS BIGINT) AS fourth \
           FROM standing WHERE captured - refunded - settled <> owed AND fresh = 0 AND asking = 0 \
           ORDER BY order_id, currency LIMIT {MOST_VIOLATIONS}) AS unpaid \
         UNION ALL SELECT * FROM (SELECT 'EVENT' AS kind, order_id, event, currency, \
             CAST(SUM(CASE WHEN minor > 0 THEN minor ELSE 0 END) AS BIGINT) AS first, \
             CAST(SUM(CASE WHEN minor < 0 THEN -minor ELSE 0 END) AS BIGINT) AS second, 0 AS third, \
             0 AS fourth FROM money_entry {only} GROUP BY order_id, event, currency HAVING SUM(minor) <> 0 \
           ORDER BY order_id, event LIMIT {MOST_VIOLATIONS}) AS uneven",
        entry = of_entries(only),
    )
}

/// `$1` is when a move is no longer fresh, `$2` the checkpoint's time, and `$3` its step: one that has moved on since gives no
/// count.
fn moved_sums_sql() -> String {
    let fresh = parted("SELECT currency, account, minor FROM money_entry WHERE at > $2");
    let known = "SELECT currency, captured, refunded, settled, owed FROM money_checkpoint_total";
    let totals = added("TOTAL", &format!("{known} UNION ALL {fresh}"));
    let only = "WHERE order_id IN (SELECT order_id FROM moved)";
    sums_sql(&moved_after("$2"), &totals, only, "FROM money_checkpoint WHERE id = 1 AND step = $3")
}

/// `$1` is when a move is no longer fresh. Beside it, what stands behind the checkpoint is compared with its sums.
fn all_sums_sql() -> String {
    let behind = format!("{ALL_ENTRIES} WHERE at <= (SELECT through FROM money_checkpoint WHERE id = 1)");
    let known = "SELECT currency, -captured, -refunded, -settled, -owed FROM money_checkpoint_total";
    let changed = added("CHANGED", &format!("{} UNION ALL {known}", parted(&behind)));
    let differs = "HAVING SUM(captured) <> 0 OR SUM(refunded) <> 0 OR SUM(settled) <> 0 OR SUM(owed) <> 0";
    let totals = format!("{} UNION ALL {changed} {differs}", added("TOTAL", &parted(ALL_ENTRIES)));
    sums_sql(KNOWN, &totals, "", "")
}

impl Store {
    /// Adds up the orders that moved since the ledger was last added up, and the totals of all from there. Costs by what
    /// moved, and not by how long the ledger is. An order that moved after `settled` may still be on its way.
    pub(crate) async fn sums(&self, settled: DateTime<Utc>) -> Result<Sums> {
        loop {
            let checkpoint = self.checkpoint().await?;
            let values = [settled.into(), checkpoint.through.into(), checkpoint.step.into()];
            if let Some(sums) = self.add_up(&moved_sums_sql(), values).await? {
                return Ok(Sums { scope: checkpoint.scope(), ..sums });
            }
        }
    }

    /// Adds up every order's money from the first entry on, whatever was added up before.
    pub(crate) async fn all_sums(&self, settled: DateTime<Utc>) -> Result<Sums> {
        let sums = self.add_up(&all_sums_sql(), [settled.into()]).await?;
        Ok(sums.unwrap_or_default())
    }

    /// None when the checkpoint has moved on.
    async fn add_up(&self, sql: &str, values: impl IntoIterator<Item = Value>) -> Result<Option<Sums>> {
        let (mut sums, mut seen) = (Sums::default(), false);
        for row in self.added_up(sql, values).await? {
            match row.try_get::<String>("", "kind")?.as_str() {
                "COUNT" => {
                    (sums.checked, sums.open) = (row.try_get("", "first")?, row.try_get("", "second")?);
                    seen = true;
                }
                "TOTAL" => sums.totals.push(totals(&row)?),
                "CHANGED" => sums.changed.push(totals(&row)?),
                "ORDER" => sums.violations.push(balance(&row, false)?.violation()),
                _ => sums.violations.push(uneven(&row)?),
            }
        }
        for list in [&mut sums.totals, &mut sums.changed] {
            list.sort_by_key(|totals| totals.captured.currency);
        }
        Ok(seen.then_some(sums))
    }
}

fn totals(row: &QueryResult) -> Result<Totals> {
    let [captured, refunded, owed, settled] = moneys(row)?;
    Ok(Totals { captured, refunded, settled, owed })
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
