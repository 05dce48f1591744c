//! Which orders are looked at.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use kit::Result;
use sea_orm::Value;
use vocab::OrderId;

use super::Store;

/// How far back the books are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// From the first entry on.
    #[default]
    All,
    /// Orders that moved since then, are under way, or did not add up before.
    Since(DateTime<Utc>),
}

pub(super) const UNDER_WAY: &str = "'AUTHORIZING', 'CAPTURING', 'VOIDING', 'REFUNDING'";

/// The orders that moved after `through`, a place in the statement, whose gateway is being asked, or that did not add up
/// before. Each way has its index.
pub(super) fn moved_after(through: &str) -> String {
    format!(
        "moved AS (SELECT order_id FROM money_entry WHERE at > {through} \
           UNION SELECT order_id FROM payment WHERE created_at > {through} \
           UNION SELECT order_id FROM payment WHERE state IN ({UNDER_WAY}) \
           UNION SELECT order_id FROM sale WHERE cancelled_at > {through} \
           UNION SELECT order_id FROM money_suspect)"
    )
}

/// Every order.
pub(super) const KNOWN: &str = "moved AS (SELECT order_id FROM payment UNION SELECT order_id FROM sale)";

impl Store {
    /// The orders that are to be looked at when those that moved after `through` are.
    pub(crate) async fn moved(&self, through: DateTime<Utc>) -> Result<BTreeSet<OrderId>> {
        let ids = self.ids(&format!("WITH {} SELECT order_id FROM moved", moved_after("$1")), [through.into()]).await?;
        Ok(ids.iter().map(|id| OrderId::parse(id)).collect::<std::result::Result<_, _>>()?)
    }

    /// The orders that a statement finds.
    pub(super) async fn ids(&self, sql: &str, values: impl IntoIterator<Item = Value>) -> Result<Vec<String>> {
        let rows = self.added_up(sql, values).await?;
        Ok(rows.iter().map(|row| row.try_get("", "order_id")).collect::<std::result::Result<_, _>>()?)
    }
}
