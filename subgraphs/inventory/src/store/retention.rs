//! Forgetting reservations that came to nothing.

use chrono::{DateTime, TimeDelta, Utc};
use kit::Result;
use kit::db::Among;
use sea_orm::sea_query::{LockBehavior, LockType};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::Store;
use super::reservation::row;
use super::share;
use crate::reservation::State;

/// How many one transaction forgets.
const AT_ONCE: u64 = 500;

impl Store {
    /// Forgets the reservations that were refused, released, returned or ran out, once they are older than the settings say
    /// and `remembered` for at least as long as messages are: a copy of a command that comes later finds none, and is
    /// refused what it wants. The moves of their units stay in the ledger. What is sold is kept for ever: a return has to
    /// find the shelves that it came from. Tells how many are forgotten.
    pub async fn forget_reservations(&self, remembered: TimeDelta) -> Result<u64> {
        let Some(kept) = self.settings.ended_reservations_kept() else { return Ok(0) };
        let before = self.clock.now() - kept.max(remembered);
        let mut forgotten = 0;
        loop {
            let some = self.forget_some(before).await?;
            forgotten += some;
            if some < AT_ONCE {
                return Ok(forgotten);
            }
        }
    }

    /// Replicas that forget at the same time each take others.
    async fn forget_some(&self, before: DateTime<Utc>) -> Result<u64> {
        let txn = self.db.begin().await?;
        let orders: Vec<String> = row::Entity::find()
            .select_only()
            .column(row::Column::OrderId)
            .filter(row::Column::EndedAt.lte(before))
            // An older release that settles one does not know that column.
            .filter(row::Column::State.is_in(State::OVER.map(State::as_str)))
            .order_by_asc(row::Column::EndedAt)
            .limit(AT_ONCE)
            .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
            .into_tuple()
            .all(&*txn)
            .await?;
        if orders.is_empty() {
            txn.rollback().await?;
            return Ok(0);
        }
        let ids: Vec<&str> = orders.iter().map(String::as_str).collect();
        share::forget(&txn, &ids).await?;
        let theirs = row::Column::OrderId.among(ids);
        let forgotten = row::Entity::delete_many().filter(theirs).exec(&*txn).await?.rows_affected;
        txn.commit().await?;
        Ok(forgotten)
    }
}
