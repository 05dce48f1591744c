//! Forgets what nobody will ask about again.

use std::time::Duration;

use chrono::TimeDelta;
use sea_orm::sea_query::{OnConflict, Query};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QuerySelect, Set};
use tokio_util::sync::CancellationToken;

use super::Patience;
use super::mark::mark_row;
use super::outbox::{inbox_row, outbox_row};
use crate::db::Among;
use crate::{Clock, Db, Result};

const EVERY: Duration = Duration::from_secs(600);
/// Few enough for one transaction that others wait behind.
const AT_ONCE: u64 = 5_000;

/// Tidies up until told to stop.
pub async fn tidy(db: Db, clock: Clock, patience: Patience, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
        if let Err(failure) = forget(&db, &clock, patience).await {
            let cause = failure.into_anyhow();
            tracing::warn!(cause = format!("{cause:#}"), "old messages are remembered a while longer");
        }
    }
}

/// Forgets which messages were handled long ago, and marks that came after their message was forgotten.
pub async fn forget(db: &Db, clock: &Clock, patience: Patience) -> Result<u64> {
    let long_ago = clock.now() - TimeDelta::days(i64::from(patience.remember_days));
    let mut forgotten = 0;
    loop {
        let old = inbox_row::Entity::find()
            .filter(inbox_row::Column::HandledAt.lt(long_ago))
            .limit(AT_ONCE)
            .all(db.reader())
            .await?;
        if old.is_empty() {
            break;
        }
        let txn = db.begin().await?;
        let ids = old.iter().map(|row| row.message_id.as_str());
        let deleted = inbox_row::Entity::delete_many()
            .filter(inbox_row::Column::MessageId.among(ids))
            .filter(inbox_row::Column::HandledAt.lt(long_ago))
            .exec(&*txn)
            .await?;
        txn.commit().await?;
        forgotten += deleted.rows_affected;
    }
    let kept = Query::select().column(outbox_row::Column::Id).from(outbox_row::Entity).to_owned();
    let txn = db.begin().await?;
    mark_row::Entity::delete_many().filter(mark_row::Column::MessageId.not_in_subquery(kept)).exec(&*txn).await?;
    txn.commit().await?;
    Ok(forgotten)
}

/// Writes a row, and waits until it is on disk.
pub(crate) async fn can_be_written(db: &Db) -> Result<(), DbErr> {
    let txn = db.begin().await?;
    let probe = mark_row::ActiveModel {
        message_id: Set("probe".to_owned()),
        consumer: Set("probe".to_owned()),
        dead_entry: Set(None),
    };
    let replace = OnConflict::columns([mark_row::Column::MessageId, mark_row::Column::Consumer])
        .update_column(mark_row::Column::DeadEntry)
        .to_owned();
    mark_row::Entity::insert(probe).on_conflict(replace).exec_without_returning(&*txn).await?;
    txn.commit().await
}
