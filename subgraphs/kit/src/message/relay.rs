//! Publishes what committed transactions have sent.

use std::time::Duration;

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use tokio_util::sync::CancellationToken;

use super::Bus;
use super::outbox::outbox_row::{Column, Entity};
use crate::{Clock, Db, Result};

/// Small, because a message may be large.
const BATCH: u64 = 64;
/// How long a message may lie when the commit that sent it could not wake us: another process wrote it.
const SWEEP: Duration = Duration::from_millis(500);
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Publishes until told to stop. Woken by each commit, so a message does not wait for a timer.
pub async fn relay(db: Db, bus: Bus, clock: Clock, stop: CancellationToken) {
    loop {
        let pause = match publish_batch(&db, &bus, &clock).await {
            Ok(published) if published == BATCH => Duration::ZERO,
            Ok(_) => SWEEP,
            Err(failure) => {
                let cause = failure.into_anyhow();
                tracing::warn!(cause = format!("{cause:#}"), "messages wait: they could not be published");
                PAUSE_AFTER_FAILURE
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = db.something_was_sent() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// How many messages wait to be published.
pub async fn unsent(db: &Db) -> Result<u64> {
    Ok(Entity::find().filter(Column::SentAt.is_null()).count(db.reader()).await?)
}

async fn publish_batch(db: &Db, bus: &Bus, clock: &Clock) -> Result<u64> {
    let unsent =
        Entity::find().filter(Column::SentAt.is_null()).order_by_asc(Column::Seq).limit(BATCH).all(db.reader()).await?;
    if unsent.is_empty() {
        return Ok(0);
    }
    bus.publish(&unsent).await?;
    let txn = db.begin().await?;
    Entity::update_many()
        .col_expr(Column::SentAt, Expr::value(clock.now()))
        .filter(Column::Seq.is_in(unsent.iter().map(|row| row.seq)))
        .exec(&*txn)
        .await?;
    txn.commit().await?;
    Ok(unsent.len() as u64)
}
