//! Consumes a stream as one member of a group: reads messages, calls the handler, and acknowledges what was handled.
//!
//! Within a process, messages of one key are handled one after the other in stream order; messages of different keys do not
//! wait for each other. So a message that hangs, or fails and is retried, delays only those of its own key. At most
//! `concurrency` deliveries are handled at once, and at most half of them may be retries. Another replica of the group may
//! handle a message of the same key at the same time.

mod dispatcher;
mod lanes;
mod pending;
mod suspect;
mod trim;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::FutureExt;
use futures::future::BoxFuture;
use redis::aio::MultiplexedConnection;
use redis::streams::{StreamId, StreamReadOptions, StreamReadReply};
use redis::{AsyncCommands, RedisResult};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use self::dispatcher::{Acknowledgement, BatchOutcome, Dispatcher, Outcome};
use self::lanes::{Class, Delivery, Lanes};
use super::bus::{Bus, Place, stream_key};
use super::{DeliverySettings, Message, groups};
use crate::Result;
use crate::db::in_background;

/// Handles messages. After an `Err` the message stays pending and is delivered again.
#[async_trait]
pub trait MessageHandler: Send + Sync + 'static {
    async fn handle(&self, message: &Message) -> Result<()>;

    /// Handles messages of different keys in one go, if that costs less than one by one; otherwise returns false. It is all or
    /// nothing: after an `Err`, or when it takes too long, each message is handled by itself.
    async fn handle_batch(&self, _messages: &[Message]) -> Result<bool> {
        Ok(false)
    }

    /// Called before a replica's own group is created: messages sent before may never be delivered. The group is created only
    /// after an `Ok`.
    async fn group_created(&self) -> Result<()> {
        Ok(())
    }

    /// Called when dead letters were added or have expired.
    fn on_dead_letter(&self, _what: DeadLettering) {}
}

/// A change in the dead letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeadLettering {
    /// A message was dead-lettered.
    Added,
    /// So many dead letters were older than they are kept, and were dropped.
    Expired(usize),
}

/// Which stream to consume, as which member of which group, and how many messages at once.
#[derive(Clone, Debug)]
pub struct Subscription {
    pub stream: &'static str,
    /// The consumer group. Every group gets every message.
    pub group: &'static str,
    /// This process's name within the group. It stays the same over a restart, so that unfinished messages are found.
    pub consumer: String,
    /// How many deliveries or batches may be handled at once. With 1, messages are handled in order, except retries.
    pub concurrency: usize,
    pub patience: DeliverySettings,
}

const BATCH: usize = 64;
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);
/// No more messages are read while so many are held.
const MOST_IN_HAND: usize = 1_024;
/// Nor while messages of so many bytes wait.
const MOST_BYTES: usize = 32 << 20;
/// How long new messages wait while a batch is being handled, in order to form the next batch.
const GATHER: Duration = Duration::from_millis(250);
/// After a batch took too long, messages are handled one by one for this long.
const APART: Duration = Duration::from_secs(10);
/// A handler that has declined so many batches and never taken one is offered no more.
const DECLINES: u32 = 8;
/// How long after the start suspects are handled alone.
const CALM: Duration = Duration::from_secs(2);
/// How long a blocking read waits for messages. It cannot be cancelled: messages that it gets after the consumer has stopped
/// stay pending for a while.
const BLOCK: Duration = Duration::from_secs(1);

/// Consumes until told to stop, through any failure of Redis. Then it reads no more, and finishes what is being handled.
pub async fn consume(bus: Bus, subscription: Subscription, handler: Arc<dyn MessageHandler>, stop: CancellationToken) {
    let mut reader = Reader::new(Dispatcher { bus, subscription: Arc::new(subscription), handler });
    // A read that goes on, whatever else fails meanwhile.
    let mut reading = None;
    while let Err(cause) = reader.read_on(&mut reading, &stop).await {
        let stream = reader.hand.subscription.stream;
        tracing::warn!(stream, %cause, "the stream is not readable; trying again");
        if stop.run_until_cancelled(tokio::time::sleep(PAUSE_AFTER_FAILURE)).await.is_none() {
            break;
        }
    }
    reader.finish(reading).await;
}

/// What was read, and whether it was new.
struct Read {
    entries: Vec<StreamId>,
    new: bool,
}

type Reading = BoxFuture<'static, RedisResult<Read>>;

struct Reader {
    hand: Dispatcher,
    lanes: Lanes,
    running: Running,
    /// What is done with, and Redis is to be told of.
    untold: HashMap<Place, Acknowledgement>,
    /// Up to where this consumer's own pending messages have been read; none when all have.
    pending_from: Option<String>,
    /// Until when messages that may have ended a process are handled by themselves.
    calm_until: Instant,
    /// Whether the handler takes messages together.
    together: Takes,
}

/// What is being handled.
#[derive(Default)]
struct Running {
    units: JoinSet<Done>,
    of_class: HashMap<Class, usize>,
    begun: u64,
    /// The last that was begun of new messages, if it goes on.
    newest: Option<(u64, Instant)>,
}

/// One message that was handled, or several together.
struct Done {
    unit: u64,
    class: Class,
    messages: Vec<(Delivery, Outcome)>,
    together: Option<BatchOutcome>,
}

#[derive(Default)]
struct Takes {
    /// What it said last.
    taken: bool,
    ever: bool,
    declined: u32,
    /// Until when each is handled by itself.
    apart_until: Option<Instant>,
}

impl Running {
    fn begin(&mut self, class: Class) -> u64 {
        self.begun += 1;
        *self.of_class.entry(class).or_default() += 1;
        if class == Class::New {
            self.newest = Some((self.begun, Instant::now()));
        }
        self.begun
    }

    fn ended(&mut self, unit: u64, class: Class) {
        if let Some(running) = self.of_class.get_mut(&class) {
            *running -= 1;
        }
        self.newest = self.newest.filter(|(newest, _)| *newest != unit);
    }

    fn of(&self, class: Class) -> usize {
        self.of_class.get(&class).copied().unwrap_or_default()
    }
}

impl Takes {
    fn may(&self) -> bool {
        let asked = self.ever || self.declined < DECLINES;
        asked && self.apart_until.is_none_or(|until| Instant::now() >= until)
    }

    fn heard(&mut self, said: BatchOutcome) {
        self.taken = said == BatchOutcome::Taken;
        self.ever |= self.taken;
        match said {
            BatchOutcome::Taken => self.apart_until = None,
            BatchOutcome::Declined => self.declined = self.declined.saturating_add(1),
            BatchOutcome::Late => self.apart_until = Some(Instant::now() + APART),
        }
    }
}

impl Reader {
    fn new(hand: Dispatcher) -> Self {
        Self {
            hand,
            lanes: Lanes::default(),
            running: Running::default(),
            untold: HashMap::new(),
            pending_from: None,
            calm_until: Instant::now() + CALM,
            together: Takes::default(),
        }
    }

    async fn read_on(&mut self, reading: &mut Option<Reading>, stop: &CancellationToken) -> RedisResult<()> {
        let mut connection = self.hand.bus.blocking_connection().await?;
        groups::ensure(&mut connection, &self.hand.subscription, &*self.hand.handler).await?;
        self.pending_from = Some("0".to_owned());
        let mut tick_at = Instant::now();
        while !stop.is_cancelled() {
            if Instant::now() >= tick_at {
                self.tick().await?;
                tick_at = Instant::now() + self.hand.subscription.patience.claim_every();
            }
            self.tell_untold().await?;
            self.begin_what_may();
            if reading.is_none() && self.wants_more() {
                *reading = Some(self.read(connection.clone()).boxed());
            }
            let wake_at = self.next_wake().map_or(tick_at, |at| at.min(tick_at));
            tokio::select! {
                () = stop.cancelled() => {}
                Some(done) = self.running.units.join_next() => self.settle(done),
                read = when_read(reading) => {
                    *reading = None;
                    self.take_in_read(read?).await?;
                }
                () = tokio::time::sleep_until(wake_at) => {}
            }
        }
        Ok(())
    }

    async fn tick(&mut self) -> RedisResult<()> {
        self.keep_hold().await?;
        self.claim_abandoned().await?;
        let Subscription { stream, patience, .. } = &*self.hand.subscription;
        groups::show_life(&mut self.hand.bus.connection(), &self.hand.subscription).await?;
        let long_ago = patience.forget_group_after();
        groups::expire(&mut self.hand.bus.connection(), stream, long_ago).await?;
        groups::forget_consumers(&mut self.hand.bus.connection(), &self.hand.subscription, long_ago).await?;
        self.trim().await?;
        self.drop_old_letters().await
    }

    /// What this consumer had read and not acknowledged when it last stopped, and then what is new.
    fn read(&self, mut connection: MultiplexedConnection) -> impl Future<Output = RedisResult<Read>> + use<> {
        let subscription = Arc::clone(&self.hand.subscription);
        let from = self.pending_from.clone().unwrap_or_else(|| ">".to_owned());
        async move {
            let mut options =
                StreamReadOptions::default().group(subscription.group, &subscription.consumer).count(BATCH);
            let new = from == ">";
            if new {
                options = options.block(usize::try_from(BLOCK.as_millis()).unwrap_or(usize::MAX));
            }
            let key = stream_key(subscription.stream);
            let reply: Option<StreamReadReply> = connection.xread_options(&[key], &[from], &options).await?;
            let entries = reply.into_iter().flat_map(|reply| reply.keys).flat_map(|key| key.ids).collect();
            Ok(Read { entries, new })
        }
    }

    async fn take_in_read(&mut self, Read { entries, new }: Read) -> RedisResult<()> {
        if new {
            entries.into_iter().for_each(|entry| self.take_in(entry, Class::New));
            return Ok(());
        }
        self.pending_from = entries.last().map(|last| last.id.clone());
        self.take_in_again(entries).await
    }

    /// Whether what may be begun would run out, and there is room for more.
    fn wants_more(&self) -> bool {
        let room = self.lanes.len() < MOST_IN_HAND && self.lanes.bytes() < MOST_BYTES;
        let new = self.pending_from.is_none();
        let waits = new && (self.is_calm() || self.gathers_until().is_some());
        room && !waits && (!new || self.lanes.all_ready() < self.hand.subscription.concurrency)
    }

    /// Whether nothing but what may have ended a process is to be begun now.
    fn is_calm(&self) -> bool {
        let suspects = self.lanes.ready(Class::Suspect) + self.running.of(Class::Suspect);
        suspects > 0 && Instant::now() < self.calm_until
    }

    /// Until when new messages wait, to be handled together.
    fn gathers_until(&self) -> Option<Instant> {
        let until = self.running.newest.map(|(_, begun)| begun + GATHER)?;
        (self.together.taken && Instant::now() < until).then_some(until)
    }

    fn next_wake(&self) -> Option<Instant> {
        let calm = self.is_calm().then_some(self.calm_until);
        [self.lanes.next_wake(), self.gathers_until(), calm].into_iter().flatten().min()
    }

    fn begin_what_may(&mut self) {
        self.lanes.wake(Instant::now());
        let concurrency = self.hand.subscription.concurrency.max(1);
        while self.running.units.len() < concurrency {
            let (calm, gathers) = (self.is_calm(), self.gathers_until().is_some());
            if !calm && !gathers && self.lanes.ready(Class::New) > 1 && self.together.may() {
                let some = self.lanes.next_of(Class::New, BATCH);
                self.begin_together(some);
                continue;
            }
            let running = &self.running;
            let may = |class| match class {
                Class::Suspect => running.of(Class::Suspect) == 0,
                Class::Again => !calm && running.of(Class::Again) < concurrency.div_ceil(2),
                Class::Single => !calm,
                Class::New => !calm && !gathers,
            };
            let Some(held) = self.lanes.next(may) else { return };
            self.begin(held);
        }
    }

    fn begin(&mut self, held: Delivery) {
        let (hand, class) = (self.hand.clone(), held.class);
        let unit = self.running.begin(class);
        self.running.units.spawn(in_background(async move {
            let messages = vec![hand.one(held).await];
            Done { unit, class, messages, together: None }
        }));
    }

    fn begin_together(&mut self, held: Vec<Delivery>) {
        let hand = self.hand.clone();
        let unit = self.running.begin(Class::New);
        self.running.units.spawn(in_background(async move {
            let (messages, together) = hand.batch(held).await;
            Done { unit, class: Class::New, messages, together: Some(together) }
        }));
    }

    fn settle(&mut self, done: Result<Done, tokio::task::JoinError>) {
        let Done { unit, class, messages, together } = match done {
            Ok(done) => done,
            // Not a handler's, which are caught: a fault here, and whoever started this starts it again.
            Err(cause) if cause.is_panic() => std::panic::resume_unwind(cause.into_panic()),
            Err(_cancelled) => return,
        };
        self.running.ended(unit, class);
        if let Some(said) = together {
            self.together.heard(said);
        }
        for (mut held, outcome) in messages {
            match outcome {
                Outcome::Done => self.lanes.done(&held),
                Outcome::Untold(acknowledgement) => {
                    self.lanes.done(&held);
                    self.untold.insert(held.place(), acknowledgement);
                }
                Outcome::Again(at) => self.lanes.put_back(held, Some(at)),
                Outcome::Apart => {
                    held.class = Class::Single;
                    self.lanes.put_back(held, None);
                }
            }
        }
    }

    async fn tell_untold(&mut self) -> RedisResult<()> {
        if self.untold.is_empty() {
            return Ok(());
        }
        let (places, untold): (Vec<Place>, Vec<Acknowledgement>) = self.untold.drain().unzip();
        let told = self.hand.tell(&untold).await;
        if told.is_err() {
            self.untold.extend(places.into_iter().zip(untold));
        }
        told
    }

    /// Finishes what is in hand. What nobody has begun is left to whoever reads next. Whoever started this ends it where that
    /// takes too long; then what was in hand stays pending, and comes again.
    async fn finish(mut self, reading: Option<Reading>) {
        if let Some(reading) = reading
            && let Ok(Read { entries, .. }) = reading.await
        {
            entries.into_iter().for_each(|entry| self.take_in(entry, Class::New));
        }
        let mut told = self.give_back().await;
        while let Some(done) = self.running.units.join_next().await {
            self.settle(done);
        }
        told = told.and(self.give_back().await);
        if let Err(cause) = told.and(self.tell_untold().await) {
            tracing::warn!(stream = self.hand.subscription.stream, %cause, "messages stay pending");
        }
    }
}

async fn when_read(reading: &mut Option<Reading>) -> RedisResult<Read> {
    match reading {
        Some(reading) => reading.await,
        None => std::future::pending().await,
    }
}
