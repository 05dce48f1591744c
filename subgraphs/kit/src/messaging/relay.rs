//! The relay publishes the messages of committed transactions, and sends them again until every group has acknowledged them.
//!
//! The process that commits a message has a head start for publishing it; its relay is woken by the commit. A row that is not
//! marked as sent after that, or not acknowledged in time, is due for any relay of the sender: each takes a batch of due rows
//! under a lease. So the relays of all replicas share the rows, and those of a lost replica are sent by another.

mod lease;
mod loss;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use self::lease::BATCH;
use self::loss::Known;
use super::ack;
use super::in_flight::{InFlight, Overdue, part};
use super::outbox::outbox_row::{Column, Entity, Model};
use super::outgoing::{CommitNotifier, Outgoing};
use super::settings::later;
use super::{Bus, DeliverySettings, Subscribers};
use crate::db::Among;
use crate::{Clock, Db, Result, Txn, crash_at};

/// How often to look for rows that are anybody's.
const SWEEP: Duration = Duration::from_millis(500);
/// How often to write down what was sent and is not acknowledged yet. Most messages are acknowledged before that.
const WRITE_DOWN: Duration = Duration::from_millis(250);
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);
/// How often to look for rows of an older release.
const ADOPT: Duration = Duration::from_secs(5);

/// The messages of one sender, from its database to its streams.
#[derive(Clone)]
pub struct Relay {
    pub(super) db: Db,
    pub(super) bus: Bus,
    pub(super) clock: Clock,
    pub(super) sender: &'static str,
    pub(super) subscribers: Subscribers,
    pub(super) patience: DeliverySettings,
    pub(super) in_flight: InFlight,
    known: Arc<Known>,
}

/// When to do what next.
struct Timetable {
    sweep: Instant,
    write_down: Instant,
    adopt: Instant,
    losses: Instant,
}

impl Relay {
    /// A relay of what `sender` writes into `db`. Acks come back to it in that name.
    pub fn new(
        db: Db,
        bus: Bus,
        clock: Clock,
        sender: &'static str,
        subscribers: Subscribers,
        patience: DeliverySettings,
    ) -> Self {
        Self { db, bus, clock, sender, subscribers, patience, in_flight: InFlight::default(), known: Arc::default() }
    }

    /// Publishes messages and collects acks until told to stop; what was committed by then is still published.
    pub async fn run(self, stop: CancellationToken) {
        tokio::join!(self.publish_all(&stop), ack::collect(&self, &stop));
    }

    /// Where committed transactions leave their messages for this relay.
    fn notifier(&self) -> Arc<CommitNotifier> {
        self.db.attached()
    }

    async fn publish_all(&self, stop: &CancellationToken) {
        self.notifier().open(self.patience.head_start());
        let now = Instant::now();
        let mut next = Timetable { sweep: now, write_down: now + WRITE_DOWN, adopt: now, losses: now };
        loop {
            let failed = self.turn(&mut next).await.err();
            if let Some(failure) = &failed {
                let cause = failure.clone().into_anyhow();
                tracing::warn!(cause = format!("{cause:#}"), "messages wait: they could not be published");
            }
            // After a failure, new commits do not wake the relay: they would fail as well.
            let departing = async {
                match failed {
                    Some(_) => tokio::time::sleep(PAUSE_AFTER_FAILURE).await,
                    None => self.notifier().something().await,
                }
            };
            tokio::select! {
                () = stop.cancelled() => break,
                () = departing => {}
                () = tokio::time::sleep_until(next.sweep.min(next.write_down)), if failed.is_none() => {}
            }
        }
        self.leave().await;
    }

    /// Publishes what is committed by now. Another relay publishes the rest.
    async fn leave(&self) {
        self.notifier().close();
        let done = async {
            self.publish_departing().await?;
            self.write_down_sent(Duration::ZERO).await
        };
        if let Err(failure) = done.await {
            let cause = failure.into_anyhow();
            tracing::warn!(cause = format!("{cause:#}"), "messages wait for another relay");
        }
    }

    async fn turn(&self, next: &mut Timetable) -> Result<()> {
        self.publish_departing().await?;
        let now = Instant::now();
        if now >= next.write_down {
            self.write_down_sent(self.patience.write_down_after()).await?;
            next.write_down = now + WRITE_DOWN;
        }
        if now >= next.adopt {
            lease::adopt(&self.db, self.clock.now()).await?;
            next.adopt = now + ADOPT;
        }
        if now >= next.losses {
            self.look_for_losses().await?;
            next.losses = now + SWEEP;
        }
        if now >= next.sweep {
            let found = self.sweep().await?;
            next.sweep = if found == BATCH { now } else { now + SWEEP };
        }
        Ok(())
    }

    async fn publish_departing(&self) -> Result<()> {
        let departing = self.notifier().take();
        for some in departing.chunks(BATCH) {
            let entries = self.publish(some).await?;
            self.in_flight.note(some, entries);
        }
        Ok(())
    }

    /// Returns the ids of the entries.
    async fn publish(&self, messages: &[Outgoing]) -> Result<Vec<String>> {
        crash_at!("relay:before-xadd");
        let entries = self.bus.publish(self.sender, messages).await?;
        crash_at!("relay:after-xadd");
        for (message, entry) in messages.iter().zip(&entries) {
            self.known.published(&message.stream, entry);
        }
        Ok(entries)
    }

    /// Makes messages that Redis has lost due at once.
    async fn look_for_losses(&self) -> Result<()> {
        for stream in self.known.lost(&self.bus).await? {
            tracing::warn!(stream, "Redis has lost messages, which are sent again");
            lease::end_waiting(&self.db, &stream, self.clock.now(), self.patience.lease()).await?;
        }
        Ok(())
    }

    /// Takes a batch of due rows and sends or reschedules them. Returns how many.
    async fn sweep(&self) -> Result<usize> {
        let now = self.clock.now();
        if !lease::something_due(&self.db, now).await? {
            return Ok(0);
        }
        // Otherwise rows that this process has just published would look unpublished.
        self.write_down_sent(Duration::ZERO).await?;
        let taken = lease::take(&self.db, now, later(now, self.patience.lease())).await?;
        let rows: Vec<i64> = taken.iter().map(|row| row.seq).collect();
        let seen_to = self.see_to(taken).await;
        if seen_to.is_err() {
            lease::give_back(&self.db, &rows, self.clock.now()).await?;
        }
        seen_to.map(|()| rows.len())
    }

    /// Publishes rows that were never published, and rows that are lost to some group: neither acknowledged by it, nor unread
    /// on the stream, nor pending with one of its consumers.
    async fn see_to(&self, rows: Vec<Model>) -> Result<()> {
        let (sent, unsent): (Vec<Model>, Vec<Model>) = rows.into_iter().partition(|row| row.sent_at.is_some());
        let Overdue { travelling, lost, handled } = part(self, sent).await?;
        if !handled.is_empty() {
            self.forget_handled(&handled).await?;
        }
        if !lost.is_empty() {
            tracing::info!(messages = lost.len(), "messages without an ack are sent again");
        }
        let unsent = unsent.into_iter().map(|row| (row, None));
        let lost = lost.into_iter().map(|(row, missed)| (row, Some(missed)));
        self.publish_rows(unsent.chain(lost).collect()).await?;
        if !travelling.is_empty() {
            let txn = self.db.begin().await?;
            self.leave_alone(&txn, &travelling).await?;
            txn.commit().await?;
        }
        Ok(())
    }

    /// Publishes rows, some of them for some groups only, and marks them as sent.
    async fn publish_rows(&self, rows: Vec<(Model, Option<Vec<String>>)>) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let messages: Vec<Outgoing> =
            rows.iter().map(|(row, groups)| Outgoing { groups: groups.clone(), ..row.outgoing() }).collect();
        let entries = self.publish(&messages).await?;
        let sent: Vec<Sent<'_>> = rows
            .iter()
            .zip(&entries)
            .map(|((row, _), entry)| Sent { id: &row.id, stream: &row.stream, entry, before: row.attempts })
            .collect();
        self.write_down(&sent).await
    }

    /// Marks messages as sent that were published at least `ago` ago and are not acknowledged yet. Most are acknowledged
    /// before, and cost no write.
    async fn write_down_sent(&self, ago: Duration) -> Result<()> {
        let published = self.in_flight.published(ago);
        let sent: Vec<Sent<'_>> = published
            .iter()
            .map(|one| Sent { id: &one.id, stream: &one.stream, entry: &one.entry, before: 0 })
            .collect();
        self.write_down(&sent).await?;
        self.in_flight.forget(published.iter().map(|one| one.id.as_str()));
        Ok(())
    }

    async fn write_down(&self, sent: &[Sent<'_>]) -> Result<()> {
        if sent.is_empty() {
            return Ok(());
        }
        crash_at!("relay:before-written-down");
        let subscribers = self.subscribers.now(&self.bus, sent.iter().map(|one| one.stream)).await?;
        let (unheard, awaited): (Vec<&Sent<'_>>, Vec<&Sent<'_>>) =
            sent.iter().partition(|one| subscribers.groups(one.stream).is_empty());
        let mut by_age: HashMap<i32, HashMap<&str, &str>> = HashMap::new();
        for one in awaited {
            by_age.entry(one.before).or_default().insert(one.id, one.entry);
        }
        let now = self.clock.now();
        let txn = self.db.begin().await?;
        self.forget(&txn, unheard.iter().map(|one| one.id)).await?;
        for (before, entries) in by_age {
            let resend_at = later(now, self.patience.resend_after(before.saturating_add(1)));
            lease::write_down(&txn, &entries, before, now, resend_at).await?;
        }
        Ok(txn.commit().await?)
    }

    /// Deletes messages whose last ack came in while no relay could see that it was the last.
    async fn forget_handled(&self, messages: &[Model]) -> Result<()> {
        let ids = || messages.iter().map(|message| message.id.as_str());
        let txn = self.db.begin().await?;
        self.forget(&txn, ids()).await?;
        ack::delete_acks(&txn, ids()).await?;
        Ok(txn.commit().await?)
    }

    async fn forget(&self, txn: &Txn, ids: impl ExactSizeIterator<Item = &str>) -> Result<()> {
        if ids.len() > 0 {
            Entity::delete_many().filter(Column::Id.among(ids)).exec(&**txn).await?;
        }
        Ok(())
    }

    /// Reschedules messages that are still in flight. Those with as many attempts share a statement.
    async fn leave_alone(&self, txn: &Txn, messages: &[Model]) -> Result<()> {
        let mut by_age: HashMap<i32, Vec<i64>> = HashMap::new();
        for message in messages {
            by_age.entry(message.attempts.saturating_add(1)).or_default().push(message.seq);
        }
        for (attempts, rows) in by_age {
            let resend_at = later(self.clock.now(), self.patience.resend_after(attempts));
            Entity::update_many()
                .col_expr(Column::Attempts, Expr::value(attempts))
                .col_expr(Column::ResendAt, Expr::value(resend_at))
                .filter(Column::Seq.among(rows))
                .exec(&**txn)
                .await?;
        }
        Ok(())
    }
}

/// A published message.
struct Sent<'a> {
    id: &'a str,
    stream: &'a str,
    entry: &'a str,
    /// How many attempts it had before.
    before: i32,
}

/// How many messages wait to be published.
pub async fn unsent(db: &Db) -> Result<u64> {
    Ok(Entity::find().filter(Column::SentAt.is_null()).count(db.reader()).await?)
}

/// How many messages have not been acknowledged by all of their consumers yet, published or not.
pub async fn unacknowledged(db: &Db) -> Result<u64> {
    Ok(Entity::find().count(db.reader()).await?)
}
