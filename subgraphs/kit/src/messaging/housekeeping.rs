//! Forgets what nobody will ask about again.

use std::time::Duration;

use chrono::TimeDelta;
use sea_orm::sea_query::{OnConflict, Query};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, Set};
use tokio_util::sync::CancellationToken;

use super::DeliverySettings;
use super::ack::ack_row;
use super::outbox::{inbox_row, outbox_row};
use crate::db::retention::{Retention, forget_old};
use crate::{Clock, Db, Result};

/// What was handled is remembered for so long.
pub(crate) fn retention(patience: DeliverySettings) -> Retention {
    Retention::of::<inbox_row::Entity>(inbox_row::Column::HandledAt, TimeDelta::days(i64::from(patience.remember_days)))
}

const EVERY: Duration = Duration::from_secs(600);

/// Tidies up until told to stop.
pub async fn tidy(db: Db, stop: CancellationToken) {
    while stop.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_some() {
        if let Err(failure) = forget_late_marks(&db).await {
            let cause = failure.into_anyhow();
            tracing::warn!(cause = format!("{cause:#}"), "acks of messages that are gone stay a while longer");
        }
    }
}

/// Forgets which messages were handled long ago, and acks that came after their message was forgotten.
pub async fn forget(db: &Db, clock: &Clock, patience: DeliverySettings) -> Result<u64> {
    let forgotten = forget_old(db, clock, &[retention(patience)]).await?;
    forget_late_marks(db).await?;
    Ok(forgotten)
}

async fn forget_late_marks(db: &Db) -> Result<()> {
    let kept = Query::select().column(outbox_row::Column::Id).from(outbox_row::Entity).to_owned();
    let txn = db.begin().await?;
    ack_row::Entity::delete_many().filter(ack_row::Column::MessageId.not_in_subquery(kept)).exec(&*txn).await?;
    Ok(txn.commit().await?)
}

/// Writes a row, and waits until it is on disk.
pub(crate) async fn can_be_written(db: &Db) -> Result<(), DbErr> {
    let txn = db.begin().await?;
    let probe = ack_row::ActiveModel {
        message_id: Set("probe".to_owned()),
        consumer: Set("probe".to_owned()),
        dead_entry: Set(None),
    };
    let replace = OnConflict::columns([ack_row::Column::MessageId, ack_row::Column::Consumer])
        .update_column(ack_row::Column::DeadEntry)
        .to_owned();
    ack_row::Entity::insert(probe).on_conflict(replace).exec_without_returning(&*txn).await?;
    txn.commit().await
}
