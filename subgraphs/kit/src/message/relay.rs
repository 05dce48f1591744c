//! Publishes what committed transactions have sent, and looks after it until every consumer has marked it.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::on_the_way::OnTheWay;
use super::outbox::outbox_row::{Column, Entity, Model};
use super::{Audience, Bus, Patience};
use crate::{Clock, Db, Result};

/// Small, because a message may be large.
const BATCH: u64 = 64;
/// How long a message may lie when the commit that sent it could not wake us: another process wrote it.
const SWEEP: Duration = Duration::from_millis(500);
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);

/// What a relay needs to know of its shop.
#[derive(Clone)]
pub struct Relay {
    pub db: Db,
    pub bus: Bus,
    pub clock: Clock,
    /// In whose name messages go out, and where their marks come back to.
    pub sender: &'static str,
    pub audience: Audience,
    pub patience: Patience,
}

impl Relay {
    /// Publishes until told to stop. Woken by each commit, so a message does not wait for a timer.
    pub async fn run(self, stop: CancellationToken) {
        let mut on_the_way = OnTheWay::default();
        let mut look_after_at = Instant::now();
        loop {
            let pause = match self.turn(&mut on_the_way, &mut look_after_at).await {
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
                () = self.db.something_was_sent() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    async fn turn(&self, on_the_way: &mut OnTheWay, look_after_at: &mut Instant) -> Result<u64> {
        let published = self.publish_unsent(on_the_way).await?;
        if Instant::now() >= *look_after_at {
            self.look_after(on_the_way).await?;
            *look_after_at = Instant::now() + SWEEP;
        }
        Ok(published)
    }

    async fn publish_unsent(&self, on_the_way: &mut OnTheWay) -> Result<u64> {
        let unsent = Entity::find()
            .filter(Column::SentAt.is_null())
            .order_by_asc(Column::Seq)
            .limit(BATCH)
            .all(self.db.reader())
            .await?;
        self.publish(&unsent, on_the_way).await?;
        Ok(unsent.len() as u64)
    }

    /// Sends again what is overdue and lost to some group: handled by none of it, neither unread on the stream nor in a
    /// consumer's hands.
    async fn look_after(&self, on_the_way: &mut OnTheWay) -> Result<()> {
        let overdue = Entity::find()
            .filter(Column::ResendAt.lte(self.clock.now()))
            .order_by_asc(Column::ResendAt)
            .limit(BATCH)
            .all(self.db.reader())
            .await?;
        let (travelling, lost) = on_the_way.part(self, overdue).await?;
        if !lost.is_empty() {
            tracing::info!(messages = lost.len(), "messages without a mark are sent again");
        }
        self.publish(&lost, on_the_way).await?;
        if !travelling.is_empty() {
            let txn = self.db.begin().await?;
            self.leave_alone(&txn, &travelling, false).await?;
            txn.commit().await?;
        }
        Ok(())
    }

    async fn publish(&self, messages: &[Model], on_the_way: &mut OnTheWay) -> Result<()> {
        if messages.is_empty() {
            return Ok(());
        }
        crate::crash_at!("relay:before-xadd");
        let entries = self.bus.publish(self.sender, messages).await?;
        crate::crash_at!("relay:after-xadd");
        on_the_way.note(messages, entries);
        let (unheard, awaited): (Vec<Model>, Vec<Model>) =
            messages.iter().cloned().partition(|message| self.audience.groups(&message.stream).is_empty());
        let txn = self.db.begin().await?;
        if !unheard.is_empty() {
            let rows = unheard.iter().map(|message| message.seq);
            Entity::delete_many().filter(Column::Seq.is_in(rows)).exec(&*txn).await?;
        }
        self.leave_alone(&txn, &awaited, true).await?;
        txn.commit().await?;
        crate::crash_at!("relay:after-mark");
        Ok(())
    }

    /// Says when to look after messages again. Those of one age share a statement.
    async fn leave_alone(&self, txn: &crate::Txn, messages: &[Model], sent: bool) -> Result<()> {
        let now = self.clock.now();
        let mut ages: Vec<i32> = messages.iter().map(|message| message.attempts).collect();
        ages.sort_unstable();
        ages.dedup();
        for age in ages {
            let rows = messages.iter().filter(|message| message.attempts == age).map(|message| message.seq);
            let times = age.saturating_add(1);
            let mut update = Entity::update_many()
                .col_expr(Column::Attempts, Expr::value(times))
                .col_expr(Column::ResendAt, Expr::value(later(now, self.patience.resend_after(times))));
            if sent {
                update = update.col_expr(Column::SentAt, Expr::value(now));
            }
            update.filter(Column::Seq.is_in(rows)).exec(&**txn).await?;
        }
        Ok(())
    }
}

fn later(now: DateTime<Utc>, by: Duration) -> DateTime<Utc> {
    now + TimeDelta::from_std(by).unwrap_or(TimeDelta::MAX)
}

/// How many messages wait to be published.
pub async fn unsent(db: &Db) -> Result<u64> {
    Ok(Entity::find().filter(Column::SentAt.is_null()).count(db.reader()).await?)
}

/// How many messages have not been marked by all of their consumers yet, published or not.
pub async fn unmarked(db: &Db) -> Result<u64> {
    Ok(Entity::find().count(db.reader()).await?)
}
