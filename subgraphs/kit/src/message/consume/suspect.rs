//! Messages that were in hand when a process ended. One of them may have ended it, and would end the next one too.
//!
//! The stream counts how often it has delivered each. Who was delivered before is handled alone, so that it takes nobody with
//! it, and each attempt is written down before it begins: whoever comes next knows of it.

use std::collections::HashSet;

use redis::streams::{StreamId, StreamPendingCountReply};
use redis::{AsyncCommands, RedisResult};

use super::Reader;
use crate::message::bus::{stream_key, suspects_key};

impl Reader {
    /// Handles entries that somebody of the group has read before: `entries` in the order of the stream.
    pub(super) async fn handle_again(&self, entries: Vec<StreamId>) -> RedisResult<()> {
        let suspects = self.delivered_before(&entries).await?;
        let (alone, together): (Vec<_>, Vec<_>) = entries.into_iter().partition(|entry| suspects.contains(&entry.id));
        for entry in alone {
            self.handle_alone(entry).await?;
        }
        self.handle_all(together).await
    }

    /// Which of these entries were delivered more than this once.
    async fn delivered_before(&self, entries: &[StreamId]) -> RedisResult<HashSet<String>> {
        let (Some(first), Some(last)) = (entries.first(), entries.last()) else { return Ok(HashSet::new()) };
        let subscription = &self.subscription;
        let key = stream_key(subscription.stream);
        // What others have in hand lies between, and is left out by the consumer's name.
        let pending: StreamPendingCountReply = self
            .bus
            .connection()
            .xpending_consumer_count(
                key,
                subscription.group,
                &first.id,
                &last.id,
                entries.len(),
                &subscription.consumer,
            )
            .await?;
        Ok(pending.ids.into_iter().filter(|entry| entry.times_delivered > 1).map(|entry| entry.id).collect())
    }

    async fn handle_alone(&self, entry: StreamId) -> RedisResult<()> {
        // A message may be on the stream twice. What lies among the dead is not tried again in its other place.
        if self.lies_already(&entry).await?.is_some() {
            return self.bury(&entry, 0, "it lies there already").await;
        }
        let suspects = suspects_key(self.subscription.stream);
        let message = entry.get::<String>("id").unwrap_or_else(|| entry.id.clone());
        let field = format!("{}:{message}", self.subscription.group);
        let attempts: usize = self.bus.connection().hincr(&suspects, &field, 1).await?;
        if attempts > self.subscription.patience.attempts {
            self.bury(&entry, attempts - 1, "each process that handled it has ended in the middle").await?;
        } else {
            self.handle(entry, 0).await?;
        }
        self.bus.connection().hdel(&suspects, &field).await
    }
}
