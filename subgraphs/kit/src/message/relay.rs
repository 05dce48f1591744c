//! Publishes what committed transactions have sent, and looks after it until every consumer has marked it.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::mark;
use super::on_the_way::{OnTheWay, Overdue};
use super::outbox::outbox_row::{Column, Entity, Model};
use super::outgoing::Outgoing;
use super::{Audience, Bus, Patience};
use crate::{Clock, Db, Result, Txn, crash_at};

/// Small, because a message may be large.
const BATCH: usize = 64;
/// How long a message may lie when the commit that sent it could not tell us: another process wrote it.
const SWEEP: Duration = Duration::from_millis(500);
/// Most messages are marked before this has passed, and then nothing need be written of their having been sent.
const WRITE_DOWN: Duration = Duration::from_millis(250);
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);

/// The messages of one sender, from its database to its streams.
#[derive(Clone)]
pub struct Relay {
    pub(super) db: Db,
    pub(super) bus: Bus,
    pub(super) clock: Clock,
    pub(super) sender: &'static str,
    pub(super) audience: Audience,
    pub(super) patience: Patience,
    pub(super) on_the_way: OnTheWay,
}

impl Relay {
    /// A relay of what `sender` writes into `db`. Marks come back to it in that name.
    pub fn new(db: Db, bus: Bus, clock: Clock, sender: &'static str, audience: Audience, patience: Patience) -> Self {
        Self { db, bus, clock, sender, audience, patience, on_the_way: OnTheWay::default() }
    }

    /// Publishes, and takes in marks, until told to stop; what has been sent by then is still published.
    pub async fn run(self, stop: CancellationToken) {
        tokio::join!(self.publish_all(&stop), mark::collect(&self, &stop));
    }

    async fn publish_all(&self, stop: &CancellationToken) {
        self.db.departures().open();
        let (mut sweep_at, mut write_down_at) = (Instant::now(), Instant::now() + WRITE_DOWN);
        loop {
            let done = self.turn(&mut sweep_at, &mut write_down_at).await;
            if let Err(failure) = &done {
                let cause = failure.clone().into_anyhow();
                tracing::warn!(cause = format!("{cause:#}"), "messages wait: they could not be published");
            }
            let pause_until = match done {
                Ok(()) => sweep_at.min(write_down_at),
                Err(_) => Instant::now() + PAUSE_AFTER_FAILURE,
            };
            tokio::select! {
                () = stop.cancelled() => break,
                () = self.db.departures().something() => {}
                () = tokio::time::sleep_until(pause_until) => {}
            }
        }
        if let Err(failure) = self.turn(&mut sweep_at, &mut write_down_at).await {
            let cause = failure.into_anyhow();
            tracing::warn!(cause = format!("{cause:#}"), "what was sent last waits for another replica, or the next start");
        }
    }

    async fn turn(&self, sweep_at: &mut Instant, write_down_at: &mut Instant) -> Result<()> {
        let departing = self.db.departures().take();
        for some in departing.chunks(BATCH) {
            self.publish(some).await?;
        }
        let now = Instant::now();
        if now >= *write_down_at || now >= *sweep_at {
            self.write_down_sent().await?;
            *write_down_at = now + WRITE_DOWN;
        }
        if now >= *sweep_at {
            // What was published a moment ago is written down as sent, so this finds only what nobody told us of.
            let found = self.publish_unsent().await?;
            self.look_after().await?;
            *sweep_at = if found == BATCH { now } else { now + SWEEP };
        }
        Ok(())
    }

    async fn publish(&self, messages: &[Outgoing]) -> Result<()> {
        crash_at!("relay:before-xadd");
        let entries = self.bus.publish(self.sender, messages).await?;
        crash_at!("relay:after-xadd");
        self.on_the_way.note(messages, entries);
        Ok(())
    }

    async fn publish_unsent(&self) -> Result<usize> {
        let unsent = Entity::find()
            .filter(Column::SentAt.is_null())
            .order_by_asc(Column::Seq)
            .limit(BATCH as u64)
            .all(self.db.reader())
            .await?;
        let found = unsent.len();
        self.publish_rows(unsent).await?;
        Ok(found)
    }

    /// Sends again what is overdue and lost to some group: handled by none of it, neither unread on the stream nor in a
    /// consumer's hands.
    async fn look_after(&self) -> Result<()> {
        let overdue = Entity::find()
            .filter(Column::ResendAt.lte(self.clock.now()))
            .order_by_asc(Column::ResendAt)
            .limit(BATCH as u64)
            .all(self.db.reader())
            .await?;
        let Overdue { travelling, lost, handled } = self.on_the_way.part(self, overdue).await?;
        if !handled.is_empty() {
            self.forget_handled(&handled).await?;
        }
        if !lost.is_empty() {
            tracing::info!(messages = lost.len(), "messages without a mark are sent again");
        }
        self.publish_rows(lost).await?;
        if !travelling.is_empty() {
            let txn = self.db.begin().await?;
            self.leave_alone(&txn, &travelling, false).await?;
            txn.commit().await?;
        }
        Ok(())
    }

    async fn publish_rows(&self, rows: Vec<Model>) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let messages: Vec<Outgoing> = rows.iter().map(Model::outgoing).collect();
        self.publish(&messages).await?;
        self.on_the_way.written_down(messages.iter().map(|message| message.id.as_str()));
        let (unheard, awaited): (Vec<Model>, Vec<Model>) =
            rows.into_iter().partition(|row| self.audience.groups(&row.stream).is_empty());
        let txn = self.db.begin().await?;
        self.forget(&txn, unheard.iter().map(|row| row.id.as_str())).await?;
        self.leave_alone(&txn, &awaited, true).await?;
        Ok(txn.commit().await?)
    }

    /// Writes down that messages were sent that have not been marked meanwhile.
    async fn write_down_sent(&self) -> Result<()> {
        let sent = self.on_the_way.to_write_down();
        if sent.is_empty() {
            return Ok(());
        }
        crash_at!("relay:before-written-down");
        let (unheard, awaited): (Vec<_>, Vec<_>) =
            sent.iter().partition(|one| self.audience.groups(&one.stream).is_empty());
        let txn = self.db.begin().await?;
        self.forget(&txn, unheard.iter().map(|one| one.id.as_str())).await?;
        if !awaited.is_empty() {
            self.put_off(1, true)
                .filter(Column::Id.is_in(awaited.iter().map(|one| one.id.as_str())))
                .filter(Column::SentAt.is_null())
                .exec(&*txn)
                .await?;
        }
        txn.commit().await?;
        self.on_the_way.written_down(sent.iter().map(|one| one.id.as_str()));
        Ok(())
    }

    /// Forgets messages whose last mark came when there was nobody to see it. Nobody takes a mark back.
    async fn forget_handled(&self, messages: &[Model]) -> Result<()> {
        let ids = || messages.iter().map(|message| message.id.as_str());
        let txn = self.db.begin().await?;
        self.forget(&txn, ids()).await?;
        mark::delete_marks(&txn, ids()).await?;
        txn.commit().await?;
        self.on_the_way.forget(ids());
        Ok(())
    }

    async fn forget(&self, txn: &Txn, ids: impl ExactSizeIterator<Item = &str>) -> Result<()> {
        if ids.len() > 0 {
            Entity::delete_many().filter(Column::Id.is_in(ids)).exec(&**txn).await?;
        }
        Ok(())
    }

    /// Says when to look after messages again. Those of one age share a statement.
    async fn leave_alone(&self, txn: &Txn, messages: &[Model], sent: bool) -> Result<()> {
        let mut ages: Vec<i32> = messages.iter().map(|message| message.attempts).collect();
        ages.sort_unstable();
        ages.dedup();
        for age in ages {
            let rows = messages.iter().filter(|message| message.attempts == age).map(|message| message.seq);
            self.put_off(age.saturating_add(1), sent).filter(Column::Seq.is_in(rows)).exec(&**txn).await?;
        }
        Ok(())
    }

    fn put_off(&self, attempts: i32, sent: bool) -> sea_orm::UpdateMany<Entity> {
        let now = self.clock.now();
        let mut update = Entity::update_many()
            .col_expr(Column::Attempts, Expr::value(attempts))
            .col_expr(Column::ResendAt, Expr::value(later(now, self.patience.resend_after(attempts))));
        if sent {
            update = update.col_expr(Column::SentAt, Expr::value(now));
        }
        update
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
