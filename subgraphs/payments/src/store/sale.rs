//! What orders owe. Each of an order's two events is marked on its row, so it reaches the books once, whichever comes
//! first and however often.

use kit::message::Message;
use kit::{Result, Txn};
use sea_orm::{ConnectionTrait, Statement, Value};
use vocab::{CurrencyCode, Money, OrderId};

use super::Store;
use crate::ledger::Posted;
use crate::sale;

const CONSUMER: &str = "payments";

const CONFIRM: &str = "\
    INSERT INTO sale (order_id, total_minor, currency, confirmed_at) VALUES ($1, $2, $3, $4) \
    ON CONFLICT (order_id) DO UPDATE SET total_minor = excluded.total_minor, currency = excluded.currency, \
    confirmed_at = excluded.confirmed_at WHERE sale.confirmed_at IS NULL \
    RETURNING CAST(CASE WHEN cancelled_at IS NULL THEN 0 ELSE 1 END AS BIGINT) AS cancelled";

const CANCEL: &str = "\
    INSERT INTO sale (order_id, cancelled_at) VALUES ($1, $2) \
    ON CONFLICT (order_id) DO UPDATE SET cancelled_at = excluded.cancelled_at WHERE sale.cancelled_at IS NULL \
    RETURNING total_minor, currency";

impl Store {
    /// From now on the order is owed; unless it was cancelled before we heard of this, then it was owed and is not.
    pub(crate) async fn confirm_sale(&self, message: &Message, order_id: &OrderId, total: Money) -> Result<()> {
        let txn = self.db.begin().await?;
        if !txn.first_delivery(CONSUMER, message).await? {
            return Ok(txn.rollback().await?);
        }
        let values: [Value; 4] =
            [order_id.as_str().into(), total.minor.into(), total.currency.as_str().into(), self.clock.now().into()];
        let Some(marked) = mark(&txn, CONFIRM, values).await? else { return Ok(txn.commit().await?) };
        let event = |posting| Posted { order_id: order_id.clone(), posting, amount: total };
        let mut events = vec![event(sale::CONFIRMED)];
        if marked.try_get::<i64>("", "cancelled")? != 0 {
            events.push(event(sale::CANCELLED));
        }
        self.post(&txn, &events).await?;
        Ok(txn.commit().await?)
    }

    /// From now on the order is not owed; if it never was, that is all.
    pub(crate) async fn cancel_sale(&self, message: &Message, order_id: &OrderId) -> Result<()> {
        let txn = self.db.begin().await?;
        if !txn.first_delivery(CONSUMER, message).await? {
            return Ok(txn.rollback().await?);
        }
        let values: [Value; 2] = [order_id.as_str().into(), self.clock.now().into()];
        if let Some(marked) = mark(&txn, CANCEL, values).await?
            && let Some(minor) = marked.try_get::<Option<i64>>("", "total_minor")?
        {
            let total = Money::new(minor, CurrencyCode::parse(&marked.try_get::<String>("", "currency")?)?);
            let cancelled = Posted { order_id: order_id.clone(), posting: sale::CANCELLED, amount: total };
            self.post(&txn, &[cancelled]).await?;
        }
        Ok(txn.commit().await?)
    }
}

/// The order's row if this is news to it. It then stays ours until the transaction ends.
async fn mark(txn: &Txn, sql: &str, values: impl IntoIterator<Item = Value>) -> Result<Option<sea_orm::QueryResult>> {
    let statement = Statement::from_sql_and_values(txn.get_database_backend(), sql, values);
    Ok(txn.query_one_raw(statement).await?)
}
