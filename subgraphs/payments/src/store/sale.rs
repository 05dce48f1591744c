//! What orders owe. Each of an order's two events is noted on its row, so that it is posted once, whichever comes first and
//! however often.

use std::fmt::Write;

use kit::messaging::Message;
use kit::{Result, Txn};
use sea_orm::{ConnectionTrait, QueryResult, Statement, Value};
use vocab::{CurrencyCode, Money, OrderId};

use super::Store;
use crate::ledger::{Posted, Posting};
use crate::sale;

const CONSUMER: &str = "payments";

/// The rows stand between the two halves.
const CONFIRM: [&str; 2] = [
    "INSERT INTO sale (order_id, total_minor, currency, confirmed_at) VALUES ",
    "ON CONFLICT (order_id) DO UPDATE SET total_minor = excluded.total_minor, currency = excluded.currency, \
     confirmed_at = excluded.confirmed_at WHERE sale.confirmed_at IS NULL \
     RETURNING order_id, total_minor, currency, \
     CAST(CASE WHEN cancelled_at IS NULL THEN 0 ELSE 1 END AS BIGINT) AS cancelled",
];

const CANCEL: [&str; 2] = [
    "INSERT INTO sale (order_id, cancelled_at) VALUES ",
    "ON CONFLICT (order_id) DO UPDATE SET cancelled_at = excluded.cancelled_at WHERE sale.cancelled_at IS NULL \
     RETURNING order_id, total_minor, currency",
];

/// A change in what an order owes.
pub(crate) enum SaleChange {
    Confirmed { total: Money },
    Cancelled,
}

/// A change of an order, and the message that brought it.
pub(crate) struct SaleEvent<'a> {
    pub message: &'a Message,
    pub order_id: OrderId,
    pub news: SaleChange,
}

impl Store {
    /// From its confirmation on an order is owed, and from its cancellation on it is not; if it never was, that is all.
    /// Each order may be confirmed once among them, and cancelled once.
    pub(crate) async fn apply_sale_events(&self, heard: &[SaleEvent<'_>]) -> Result<()> {
        if heard.is_empty() {
            return Ok(());
        }
        let txn = self.db.begin().await?;
        let messages: Vec<&Message> = heard.iter().map(|one| one.message).collect();
        let new = txn.first_deliveries(CONSUMER, &messages).await?;
        if new.is_empty() {
            return Ok(txn.rollback().await?);
        }
        let new = || heard.iter().filter(|one| new.contains(&one.message.id));
        let now = self.clock.now();
        let confirmed = new().filter_map(|one| match one.news {
            SaleChange::Confirmed { total } => {
                Some([one.order_id.as_str().into(), total.minor.into(), total.currency.as_str().into(), now.into()])
            }
            SaleChange::Cancelled => None,
        });
        let cancelled = new().filter(|one| matches!(one.news, SaleChange::Cancelled));
        let cancelled = cancelled.map(|one| [one.order_id.as_str().into(), now.into()]);
        let mut posted = Vec::new();
        for row in mark(&txn, CONFIRM, confirmed.collect()).await? {
            let event = |posting| posted_on(&row, posting);
            posted.extend(event(sale::CONFIRMED)?);
            if row.try_get::<i64>("", "cancelled")? != 0 {
                posted.extend(event(sale::CANCELLED)?);
            }
        }
        for row in mark(&txn, CANCEL, cancelled.collect()).await? {
            posted.extend(posted_on(&row, sale::CANCELLED)?);
        }
        self.post(&txn, &posted).await?;
        Ok(txn.commit().await?)
    }
}

/// The event on the order of a row; none when nothing was ever owed of it.
fn posted_on(row: &QueryResult, posting: Posting) -> Result<Option<Posted>> {
    let Some(minor) = row.try_get::<Option<i64>>("", "total_minor")? else { return Ok(None) };
    let amount = Money::new(minor, CurrencyCode::stored(&row.try_get::<String>("", "currency")?)?);
    Ok(Some(Posted { order_id: OrderId::parse(&row.try_get::<String>("", "order_id")?)?, posting, amount }))
}

/// The rows of those orders to which this is news. They then stay ours until the transaction ends.
async fn mark<const COLUMNS: usize>(
    txn: &Txn,
    [before, after]: [&str; 2],
    mut rows: Vec<[Value; COLUMNS]>,
) -> Result<Vec<QueryResult>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    // In the order of their orders, so that two who mark some of the same do not wait for each other.
    rows.sort_by_key(|row| row[0].to_string());
    let mut sql = before.to_owned();
    for row in 0..rows.len() {
        let places: Vec<String> = (1..=COLUMNS).map(|column| format!("${}", row * COLUMNS + column)).collect();
        write!(sql, "{}({}) ", if row > 0 { ", " } else { "" }, places.join(", "))?;
    }
    sql.push_str(after);
    let statement = Statement::from_sql_and_values(txn.get_database_backend(), sql, rows.into_iter().flatten());
    Ok(txn.query_all_raw(statement).await?)
}
