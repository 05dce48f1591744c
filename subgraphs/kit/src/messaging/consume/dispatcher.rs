//! Handles deliveries, one by one or in batches: acknowledges them, schedules retries, and dead-letters those that keep
//! failing.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use redis::streams::{StreamId, StreamRangeReply};
use redis::{AsyncCommands, RedisResult};
use tokio::time::Instant;

use super::lanes::{Class, Delivery};
use super::{DeadLettering, MessageHandler, PAUSE_AFTER_FAILURE, Subscription};
use crate::messaging::ack::{Ack, acks_key};
use crate::messaging::bus::{Bus, dead_key, stream_key};
use crate::messaging::entry;
use crate::{Failure, Result};

const LETTERS_LOOKED_AT: usize = 1_000;
/// A batch that takes longer is handled one by one, since a slow message delays the others.
const TOGETHER_WITHIN: Duration = Duration::from_secs(2);

/// Dispatches the deliveries of one subscription to its handler.
#[derive(Clone)]
pub(super) struct Dispatcher {
    pub bus: Bus,
    pub subscription: Arc<Subscription>,
    pub handler: Arc<dyn MessageHandler>,
}

/// The outcome of a delivery.
pub(super) enum Outcome {
    /// Handled and acknowledged.
    Done,
    /// Handled, but not acknowledged yet: Redis is away.
    Untold(Acknowledgement),
    /// To be retried at this time.
    Again(Instant),
    /// To be handled by itself instead of in a batch.
    Apart,
}

/// The outcome of a batch.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum BatchOutcome {
    Taken,
    /// The handler does not take them together.
    Declined,
    /// The batch took too long.
    Late,
}

/// The acknowledgement of an entry: XACK for Redis, and an ack for the sender.
pub(super) struct Acknowledgement {
    pub entry: String,
    ack: Option<(String, String)>,
}

impl Dispatcher {
    /// Handles one delivery.
    pub(super) async fn one(&self, mut held: Delivery) -> (Delivery, Outcome) {
        let outcome = match held.class {
            Class::Suspect => self.suspect(&mut held).await,
            _ => Ok(self.attempt(&mut held).await),
        };
        // Redis is away, so nothing can be said of the message.
        let outcome = outcome.unwrap_or_else(|cause| {
            tracing::warn!(stream = self.subscription.stream, entry = held.entry.id, %cause, "a message waits for Redis");
            Outcome::Again(Instant::now() + PAUSE_AFTER_FAILURE)
        });
        (held, outcome)
    }

    pub(super) async fn attempt(&self, held: &mut Delivery) -> Outcome {
        match self.handle(held).await {
            Ok(()) => {
                crate::crash_at!("consumer:before-xack");
                let outcome = self.acknowledge(self.acknowledgement(&held.entry, None)).await;
                crate::crash_at!("consumer:after-xack");
                outcome
            }
            Err(failure) => self.failed(held, failure).await,
        }
    }

    async fn handle(&self, held: &Delivery) -> Result<()> {
        let message = entry::message(&held.entry)?;
        let within = self.subscription.patience.handle_within(held.faults);
        let handled = crate::faults::twice(|| self.handler.handle(&message));
        match tokio::time::timeout(within, AssertUnwindSafe(handled).catch_unwind()).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_panic)) => Err(Failure::fault(anyhow::anyhow!("the handler of `{}` panicked", message.kind))),
            Err(_late) => Err(Failure::fault(anyhow::anyhow!("`{}` took more than {within:?}", message.kind))),
        }
    }

    async fn failed(&self, held: &mut Delivery, failure: Failure) -> Outcome {
        // A transient failure is not the message's fault, and does not count as an attempt.
        let faults = held.faults + usize::from(!failure.is_transient());
        let cause = format!("{:#}", failure.into_anyhow());
        let patience = self.subscription.patience;
        let failures = held.failures + 1;
        tracing::warn!(
            stream = self.subscription.stream,
            entry = held.entry.id,
            failures,
            cause,
            "a message was not handled"
        );
        if faults > held.faults && faults >= patience.attempts {
            return self.dead_letter(&held.entry, failures, &cause).await.unwrap_or_else(|_away| {
                // Redis is away; the next failure dead-letters it.
                Outcome::Again(Instant::now() + PAUSE_AFTER_FAILURE)
            });
        }
        (held.failures, held.faults, held.class) = (failures, faults, Class::Again);
        Outcome::Again(Instant::now() + patience.pause_after(failures))
    }

    /// Handles all of them in one call, or none.
    pub(super) async fn batch(&self, held: Vec<Delivery>) -> (Vec<(Delivery, Outcome)>, BatchOutcome) {
        let together = self.try_batch(&held).await;
        if together != BatchOutcome::Taken {
            return (held.into_iter().map(|one| (one, Outcome::Apart)).collect(), together);
        }
        crate::crash_at!("consumer:before-xack");
        let acknowledgements: Vec<_> = held.iter().map(|one| self.acknowledgement(&one.entry, None)).collect();
        let told = self.tell(&acknowledgements).await;
        crate::crash_at!("consumer:after-xack");
        let outcomes = acknowledgements.into_iter().map(|one| match &told {
            Ok(()) => Outcome::Done,
            Err(_away) => Outcome::Untold(one),
        });
        (held.into_iter().zip(outcomes).collect(), together)
    }

    async fn try_batch(&self, held: &[Delivery]) -> BatchOutcome {
        let Ok(messages) = held.iter().map(|one| entry::message(&one.entry)).collect::<Result<Vec<_>>>() else {
            return BatchOutcome::Declined;
        };
        let within = self.subscription.patience.handle_within(0).min(TOGETHER_WITHIN);
        let handled = crate::faults::twice(|| self.handler.handle_batch(&messages));
        let (stream, count) = (self.subscription.stream, messages.len());
        match tokio::time::timeout(within, AssertUnwindSafe(handled).catch_unwind()).await {
            Ok(Ok(Ok(true))) => BatchOutcome::Taken,
            Ok(Ok(Ok(false)) | Err(_)) => BatchOutcome::Declined,
            Ok(Ok(Err(failure))) => {
                let cause = format!("{:#}", failure.into_anyhow());
                tracing::warn!(stream, messages = count, cause, "messages are handled one by one");
                BatchOutcome::Declined
            }
            Err(_late) => {
                tracing::warn!(stream, messages = count, "messages are handled one by one: one of them takes long");
                BatchOutcome::Late
            }
        }
    }

    /// The acknowledgement of an entry that this group is done with. Entries that came from an outbox are also acked to the
    /// sender.
    fn acknowledgement(&self, entry: &StreamId, dead: Option<String>) -> Acknowledgement {
        let (stream, group) = (self.subscription.stream.to_owned(), self.subscription.group.to_owned());
        let ack = entry::sender(entry).zip(entry.get::<String>("id")).and_then(|(sender, id)| {
            let ack = serde_json::to_string(&Ack { id, stream, group, dead }).ok()?;
            Some((sender, ack))
        });
        Acknowledgement { entry: entry.id.clone(), ack }
    }

    async fn acknowledge(&self, acknowledgement: Acknowledgement) -> Outcome {
        match self.tell(std::slice::from_ref(&acknowledgement)).await {
            Ok(()) => Outcome::Done,
            Err(_away) => Outcome::Untold(acknowledgement),
        }
    }

    /// Sends acknowledgements to Redis and to the senders.
    pub(super) async fn tell(&self, acknowledgements: &[Acknowledgement]) -> RedisResult<()> {
        let (stream, group) = (self.subscription.stream, self.subscription.group);
        let mut all = redis::pipe();
        for one in acknowledgements {
            if let Some((sender, ack)) = &one.ack {
                all.rpush(acks_key(sender), ack).ignore();
            }
            all.xack(stream_key(stream), group, &[&one.entry]).ignore();
        }
        all.query_async(&mut self.bus.connection()).await
    }

    /// The dead letter of this message, if there is one already: it was sent again before its sender got the ack.
    pub(super) async fn lies_already(&self, entry: &StreamId) -> RedisResult<Option<String>> {
        let key = dead_key(self.subscription.stream);
        let letters: StreamRangeReply = self.bus.connection().xrevrange_count(key, "+", "-", LETTERS_LOOKED_AT).await?;
        let same = |letter: &StreamId| {
            letter.get::<String>("id") == entry.get::<String>("id")
                && letter.get::<String>("group").as_deref() == Some(self.subscription.group)
        };
        Ok(letters.ids.into_iter().find(same).map(|letter| letter.id))
    }

    /// Dead-letters a message, with all that is needed to send it again.
    pub(super) async fn dead_letter(&self, entry: &StreamId, attempts: usize, cause: &str) -> RedisResult<Outcome> {
        let (stream, group) = (self.subscription.stream, self.subscription.group);
        if let Some(lies_at) = self.lies_already(entry).await? {
            return Ok(self.acknowledge(self.acknowledgement(entry, Some(lies_at))).await);
        }
        let mut command = redis::cmd("XADD");
        command.arg(dead_key(stream)).arg("*");
        for (name, value) in &entry.map {
            let redis::Value::BulkString(bytes) = value else { continue };
            command.arg(name).arg(bytes);
        }
        command.arg("group").arg(group).arg("cause").arg(cause).arg("attempts").arg(attempts);
        let lies_at: String = command.query_async(&mut self.bus.connection()).await?;
        tracing::error!(stream, entry = entry.id, letter = lies_at, cause, "a message is dead-lettered");
        self.handler.on_dead_letter(DeadLettering::Added);
        Ok(self.acknowledge(self.acknowledgement(entry, Some(lies_at))).await)
    }
}

impl Acknowledgement {
    /// For an entry that is not for this group, or is gone: nothing is sent to its sender.
    pub(super) fn silent(entry: String) -> Self {
        Self { entry, ack: None }
    }
}
