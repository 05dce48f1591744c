//! One message in hand: how it is handled, acknowledged, tried again, and at last laid among the dead.

use std::panic::AssertUnwindSafe;
use std::sync::PoisonError;
use std::time::Duration;

use futures::FutureExt;
use redis::streams::{StreamId, StreamRangeReply};
use redis::{AsyncCommands, RedisResult};
use tokio::time::Instant;

use super::{BLOCK, Reader};
use crate::message::bus::{dead_key, stream_key};
use crate::message::entry;
use crate::message::mark::{Mark, marks_key};
use crate::{Failure, Result};

const LETTERS_LOOKED_AT: usize = 1_000;

/// A message that failed and is to be tried again.
pub(super) struct Failed {
    at: Instant,
    entry: StreamId,
    failures: usize,
}

impl Reader {
    /// Handles a message that has failed `failures` times before.
    pub(super) async fn handle(&self, entry: StreamId, failures: usize) -> RedisResult<()> {
        if entry.map.is_empty() {
            // Trimmed away under our hands. Whoever sent it has not had our mark, and sends it again.
            return self.acknowledge(&entry, None).await;
        }
        match self.attempt(&entry).await {
            Ok(()) => {
                crate::crash_at!("consumer:before-xack");
                let mark = mark(&entry, self.subscription.stream, self.subscription.group, None);
                self.acknowledge(&entry, mark).await?;
                crate::crash_at!("consumer:after-xack");
                Ok(())
            }
            Err(failure) => self.failed(entry, failures + 1, failure).await,
        }
    }

    /// Handles all of them at once, or none.
    pub(super) async fn handle_together(&self, entries: &[StreamId]) -> RedisResult<bool> {
        let Ok(messages) = entries.iter().map(entry::message).collect::<Result<Vec<_>>>() else { return Ok(false) };
        let within = self.subscription.patience.handle_within();
        let handled = crate::faults::twice(|| self.handler.consume_together(&messages));
        match tokio::time::timeout(within, AssertUnwindSafe(handled).catch_unwind()).await {
            Ok(Ok(Ok(true))) => {}
            Ok(Ok(Ok(false))) => return Ok(false),
            Ok(Ok(Err(failure))) => {
                let (stream, cause) = (self.subscription.stream, format!("{:#}", failure.into_anyhow()));
                tracing::warn!(stream, messages = messages.len(), cause, "messages are handled one by one");
                return Ok(false);
            }
            Ok(Err(_)) | Err(_) => return Ok(false),
        }
        crate::crash_at!("consumer:before-xack");
        let (stream, group) = (self.subscription.stream, self.subscription.group);
        let mut all = redis::pipe();
        for entry in entries {
            if let Some((sender, mark)) = mark(entry, stream, group, None) {
                all.rpush(marks_key(&sender), mark).ignore();
            }
            all.xack(stream_key(stream), group, &[&entry.id]).ignore();
        }
        all.query_async::<()>(&mut self.bus.connection()).await?;
        crate::crash_at!("consumer:after-xack");
        Ok(true)
    }

    async fn attempt(&self, entry: &StreamId) -> Result<()> {
        let message = entry::message(entry)?;
        let within = self.subscription.patience.handle_within();
        let handled = crate::faults::twice(|| self.handler.consume(&message));
        match tokio::time::timeout(within, AssertUnwindSafe(handled).catch_unwind()).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_panic)) => Err(Failure::fault(anyhow::anyhow!("the handler of `{}` panicked", message.kind))),
            Err(_late) => Err(Failure::fault(anyhow::anyhow!("`{}` took more than {within:?}", message.kind))),
        }
    }

    async fn failed(&self, entry: StreamId, failures: usize, failure: Failure) -> RedisResult<()> {
        // The message is not to blame for a database that is full or away.
        let ours = failure.is_passing();
        let cause = format!("{:#}", failure.into_anyhow());
        let (stream, patience) = (self.subscription.stream, self.subscription.patience);
        tracing::warn!(stream, entry = entry.id, failures, cause, "a message was not handled");
        if failures >= patience.attempts && !ours {
            return self.bury(&entry, failures, &cause).await;
        }
        let again = Failed { at: Instant::now() + patience.pause_after(failures), entry, failures };
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).push(again);
        Ok(())
    }

    pub(super) async fn retry_failed(&self) -> RedisResult<()> {
        let due = {
            let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            let (due, later): (Vec<Failed>, Vec<Failed>) = failed.drain(..).partition(|one| one.at <= now);
            *failed = later;
            due
        };
        for one in due {
            self.handle(one.entry, one.failures).await?;
        }
        Ok(())
    }

    pub(super) fn failures(&self) -> usize {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// What had failed is still pending, and is read again from there.
    pub(super) fn forget_failed(&self) {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    pub(super) fn until_next_retry(&self) -> Duration {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        let next = failed.iter().map(|one| one.at).min();
        next.map_or(BLOCK, |at| at.saturating_duration_since(Instant::now()))
    }

    /// Tells Redis, and the sender, that this group has done with a message.
    async fn acknowledge(&self, entry: &StreamId, mark: Option<(String, String)>) -> RedisResult<()> {
        let mut both = redis::pipe();
        if let Some((sender, mark)) = mark {
            both.rpush(marks_key(&sender), mark).ignore();
        }
        both.xack(stream_key(self.subscription.stream), self.subscription.group, &[&entry.id]).ignore();
        both.query_async(&mut self.bus.connection()).await
    }

    /// Where a message lies among the dead already: it was sent again before its sender heard of that.
    pub(super) async fn lies_already(&self, entry: &StreamId) -> RedisResult<Option<String>> {
        let key = dead_key(self.subscription.stream);
        let letters: StreamRangeReply = self.bus.connection().xrevrange_count(key, "+", "-", LETTERS_LOOKED_AT).await?;
        let same = |letter: &StreamId| {
            letter.get::<String>("id") == entry.get::<String>("id")
                && letter.get::<String>("group").as_deref() == Some(self.subscription.group)
        };
        Ok(letters.ids.into_iter().find(same).map(|letter| letter.id))
    }

    /// Lays a message that never succeeds among the dead, with all that is needed to send it again.
    pub(super) async fn bury(&self, entry: &StreamId, attempts: usize, cause: &str) -> RedisResult<()> {
        let (stream, group) = (self.subscription.stream, self.subscription.group);
        if let Some(lies_at) = self.lies_already(entry).await? {
            return self.acknowledge(entry, mark(entry, stream, group, Some(lies_at))).await;
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
        self.acknowledge(entry, mark(entry, stream, group, Some(lies_at))).await
    }
}

/// The mark for the sender of an entry; none where nobody waits for one.
fn mark(entry: &StreamId, stream: &str, group: &str, dead: Option<String>) -> Option<(String, String)> {
    let (sender, id) = (entry::sender(entry)?, entry.get::<String>("id")?);
    let mark = Mark { id, stream: stream.to_owned(), group: group.to_owned(), dead };
    serde_json::to_string(&mark).ok().map(|mark| (sender, mark))
}
