//! Reads a stream as one of a group, hands each message to its handler, and acknowledges what was handled.

mod hand;
mod suspect;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt;
use redis::aio::MultiplexedConnection;
use redis::streams::{
    StreamAutoClaimOptions, StreamAutoClaimReply, StreamId, StreamInfoGroupsReply, StreamPendingReply,
    StreamReadOptions, StreamReadReply,
};
use redis::{AsyncCommands, RedisError, RedisResult};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use self::hand::Failed;
use super::bus::{Bus, LONGEST_BLOCK as BLOCK, entry_order, stream_key};
use super::{Message, Patience};
use crate::Result;

/// Handles messages. An `Err` means "not now": the message stays pending and comes again.
#[async_trait]
pub trait Consume: Send + Sync + 'static {
    async fn consume(&self, message: &Message) -> Result<()>;

    /// Handles messages that arrived together, where that costs less than one by one; false where it does not. All of
    /// them or none: after an `Err` each is handled by itself.
    async fn consume_together(&self, _messages: &[Message]) -> Result<bool> {
        Ok(false)
    }
}

/// What to read, as whom, and how much at once.
#[derive(Clone, Debug)]
pub struct Subscription {
    pub stream: &'static str,
    /// The group, one for each kind of reader: every group sees every message.
    pub group: &'static str,
    /// This process within the group. Stable, so that a restart finds what it had not finished.
    pub consumer: String,
    /// How many messages may be in hand at once. One keeps them in order.
    pub concurrency: usize,
    pub patience: Patience,
}

const BATCH: usize = 64;
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);
/// With so many failed messages at hand no new ones are read: the trouble is ours and not theirs.
const MOST_FAILED: usize = 4 * BATCH;

/// Consumes until told to stop, whatever Redis does meanwhile.
pub async fn consume(bus: Bus, subscription: Subscription, handler: Arc<dyn Consume>, stop: CancellationToken) {
    let reader = Reader { bus, subscription, handler, failed: Mutex::default() };
    while !stop.is_cancelled() {
        let read = tokio::select! {
            () = stop.cancelled() => return,
            read = reader.run() => read,
        };
        if let Err(cause) = read {
            tracing::warn!(stream = reader.subscription.stream, %cause, "the stream is not readable; trying again");
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(PAUSE_AFTER_FAILURE) => {}
            }
        }
    }
}

struct Reader {
    bus: Bus,
    subscription: Subscription,
    handler: Arc<dyn Consume>,
    /// What is to be tried again, and when.
    failed: Mutex<Vec<Failed>>,
}

impl Reader {
    async fn run(&self) -> RedisResult<()> {
        let mut connection = self.bus.blocking_connection().await?;
        self.create_group(&mut connection).await?;
        self.forget_failed();
        self.finish_own_pending(&mut connection).await?;
        let mut claim_at = Instant::now();
        loop {
            if Instant::now() >= claim_at {
                self.claim_abandoned(&mut connection).await?;
                self.trim(&mut connection).await?;
                claim_at = Instant::now() + self.subscription.patience.claim_every();
            }
            self.retry_failed().await?;
            if self.failures() < MOST_FAILED {
                let entries = self.read(&mut connection, ">").await?;
                self.handle_all(entries).await?;
            } else {
                tokio::time::sleep(self.until_next_retry()).await;
            }
        }
    }

    /// From the very first entry: a group made at `$` would never see what came before it.
    async fn create_group(&self, connection: &mut MultiplexedConnection) -> RedisResult<()> {
        let key = stream_key(self.subscription.stream);
        match connection.xgroup_create_mkstream::<_, _, _, ()>(key, self.subscription.group, "0").await {
            Err(cause) if cause.code() != Some("BUSYGROUP") => Err(cause),
            _ => Ok(()),
        }
    }

    async fn read(&self, connection: &mut MultiplexedConnection, from: &str) -> RedisResult<Vec<StreamId>> {
        let mut options =
            StreamReadOptions::default().group(self.subscription.group, &self.subscription.consumer).count(BATCH);
        if from == ">" {
            let block = BLOCK.min(self.subscription.patience.claim_every()).min(self.until_next_retry());
            // Zero would block for ever.
            options = options.block(usize::try_from(block.as_millis()).unwrap_or(usize::MAX).max(1));
        }
        let key = stream_key(self.subscription.stream);
        let reply: Option<StreamReadReply> = connection.xread_options(&[key], &[from], &options).await?;
        Ok(reply.into_iter().flat_map(|reply| reply.keys).flat_map(|key| key.ids).collect())
    }

    /// What this consumer had read and not acknowledged when it last stopped.
    async fn finish_own_pending(&self, connection: &mut MultiplexedConnection) -> RedisResult<()> {
        let mut from = String::from("0");
        loop {
            let entries = self.read(connection, &from).await?;
            let Some(last) = entries.last() else { return Ok(()) };
            from = last.id.clone();
            self.handle_again(entries).await?;
        }
    }

    /// What another consumer of the group read and never finished.
    async fn claim_abandoned(&self, connection: &mut MultiplexedConnection) -> RedisResult<()> {
        let key = stream_key(self.subscription.stream);
        let mut start = String::from("0-0");
        loop {
            let reply: StreamAutoClaimReply = connection
                .xautoclaim_options(
                    &key,
                    self.subscription.group,
                    &self.subscription.consumer,
                    self.subscription.patience.claim_idle().as_millis(),
                    &start,
                    StreamAutoClaimOptions::default().count(BATCH),
                )
                .await?;
            start = reply.next_stream_id;
            self.handle_again(reply.claimed).await?;
            if start == "0-0" {
                return Ok(());
            }
        }
    }

    async fn handle_all(&self, entries: Vec<StreamId>) -> RedisResult<()> {
        if entries.len() > 1 && self.handle_together(&entries).await? {
            return Ok(());
        }
        let results: Vec<RedisResult<()>> = futures::stream::iter(entries)
            .map(|entry| async move { self.handle(entry, 0).await })
            .buffer_unordered(self.subscription.concurrency.max(1))
            .collect()
            .await;
        results.into_iter().collect()
    }

    /// Drops what every group has acknowledged, and nothing else.
    async fn trim(&self, connection: &mut MultiplexedConnection) -> Result<(), RedisError> {
        let key = stream_key(self.subscription.stream);
        let groups: StreamInfoGroupsReply = connection.xinfo_groups(&key).await?;
        let mut oldest: Option<(u64, u64)> = None;
        for group in &groups.groups {
            let pending: StreamPendingReply = connection.xpending(&key, &group.name).await?;
            let needed = match pending {
                StreamPendingReply::Data(data) => data.start_id,
                _ => group.last_delivered_id.clone(),
            };
            let needed = entry_order(&needed);
            oldest = Some(oldest.map_or(needed, |so_far| so_far.min(needed)));
        }
        let Some((millis, seq)) = oldest else { return Ok(()) };
        redis::cmd("XTRIM").arg(&key).arg("MINID").arg("~").arg(format!("{millis}-{seq}")).query_async(connection).await
    }
}
