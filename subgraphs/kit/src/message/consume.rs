//! Reads a stream as one of a group, hands each message to its handler, and acknowledges what was handled.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt;
use redis::aio::MultiplexedConnection;
use redis::streams::{
    StreamAutoClaimOptions, StreamAutoClaimReply, StreamId, StreamPendingCountReply, StreamReadOptions, StreamReadReply,
};
use redis::{AsyncCommands, RedisError, RedisResult};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Message;
use super::bus::{self, Bus, stream_key};
use crate::Result;

/// Handles messages. An `Err` means "not now": the message stays pending and comes again.
#[async_trait]
pub trait Consume: Send + Sync + 'static {
    async fn consume(&self, message: &Message) -> Result<()>;
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

/// How long a message may take, and how often it may fail.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// After how long without an acknowledgement another consumer may take a message over. Above the slowest handler.
    pub claim_idle: Duration,
    pub claim_every: Duration,
    /// After how many failures a message is dead-lettered.
    pub attempts: usize,
}

impl Default for Patience {
    fn default() -> Self {
        Self { claim_idle: Duration::from_secs(60), claim_every: Duration::from_secs(15), attempts: 5 }
    }
}

const BATCH: usize = 64;
const BLOCK: Duration = Duration::from_secs(5);
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Consumes until told to stop, whatever Redis does meanwhile.
pub async fn consume(bus: Bus, subscription: Subscription, handler: Arc<dyn Consume>, stop: CancellationToken) {
    let reader = Reader { bus, subscription, handler };
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
}

impl Reader {
    async fn run(&self) -> RedisResult<()> {
        let mut connection = self.bus.blocking_connection().await?;
        self.create_group(&mut connection).await?;
        self.finish_own_pending(&mut connection).await?;
        let mut claim_at = Instant::now();
        loop {
            if Instant::now() >= claim_at {
                self.claim_abandoned(&mut connection).await?;
                self.trim(&mut connection).await?;
                claim_at = Instant::now() + self.subscription.patience.claim_every;
            }
            let entries = self.read(&mut connection, ">").await?;
            self.handle_all(entries).await?;
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
            let block = BLOCK.min(self.subscription.patience.claim_every);
            options = options.block(usize::try_from(block.as_millis()).unwrap_or(usize::MAX));
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
            self.handle_all(entries).await?;
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
                    self.subscription.patience.claim_idle.as_millis(),
                    &start,
                    StreamAutoClaimOptions::default().count(BATCH),
                )
                .await?;
            start = reply.next_stream_id;
            self.handle_all(reply.claimed).await?;
            if start == "0-0" {
                return Ok(());
            }
        }
    }

    async fn handle_all(&self, entries: Vec<StreamId>) -> RedisResult<()> {
        let results: Vec<RedisResult<()>> = futures::stream::iter(entries)
            .map(|entry| async move { self.handle(&entry).await })
            .buffer_unordered(self.subscription.concurrency.max(1))
            .collect()
            .await;
        results.into_iter().collect()
    }

    async fn handle(&self, entry: &StreamId) -> RedisResult<()> {
        let outcome = match bus::message(entry) {
            Ok(message) => self.handler.consume(&message).await,
            Err(failure) => Err(failure),
        };
        let Err(failure) = outcome else { return self.acknowledge(entry).await };
        let cause = failure.into_anyhow();
        let attempts = self.deliveries(entry).await?;
        let stream = self.subscription.stream;
        tracing::warn!(stream, entry = entry.id, attempts, cause = format!("{cause:#}"), "a message was not handled");
        if attempts >= self.subscription.patience.attempts {
            self.bury(entry, &format!("{cause:#}")).await?;
        }
        Ok(())
    }

    async fn acknowledge(&self, entry: &StreamId) -> RedisResult<()> {
        let key = stream_key(self.subscription.stream);
        self.bus.connection().xack::<_, _, _, ()>(key, self.subscription.group, &[&entry.id]).await
    }

    async fn deliveries(&self, entry: &StreamId) -> RedisResult<usize> {
        let key = stream_key(self.subscription.stream);
        let reply: StreamPendingCountReply =
            self.bus.connection().xpending_count(key, self.subscription.group, &entry.id, &entry.id, 1).await?;
        Ok(reply.ids.first().map_or(0, |pending| pending.times_delivered))
    }

    /// Moves a message that never succeeds out of the way, with all that is needed to send it again.
    async fn bury(&self, entry: &StreamId, cause: &str) -> RedisResult<()> {
        let stream = self.subscription.stream;
        tracing::error!(stream, entry = entry.id, cause, "a message is dead-lettered");
        let mut fields: Vec<(String, redis::Value)> =
            entry.map.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        fields.push(("group".into(), redis::Value::BulkString(self.subscription.group.into())));
        fields.push(("cause".into(), redis::Value::BulkString(cause.into())));
        let mut command = redis::cmd("XADD");
        command.arg(format!("{}:dead", stream_key(stream))).arg("*");
        for (name, value) in fields {
            let redis::Value::BulkString(bytes) = value else { continue };
            command.arg(name).arg(bytes);
        }
        command.query_async::<()>(&mut self.bus.connection()).await?;
        self.acknowledge(entry).await
    }

    /// Drops what every group has acknowledged, and nothing else.
    async fn trim(&self, connection: &mut MultiplexedConnection) -> Result<(), RedisError> {
        let key = stream_key(self.subscription.stream);
        let groups: redis::streams::StreamInfoGroupsReply = connection.xinfo_groups(&key).await?;
        let mut oldest: Option<(u64, u64)> = None;
        for group in &groups.groups {
            let pending: redis::streams::StreamPendingReply = connection.xpending(&key, &group.name).await?;
            let needed = match pending {
                redis::streams::StreamPendingReply::Data(data) => data.start_id,
                _ => group.last_delivered_id.clone(),
            };
            let needed = entry_order(&needed);
            oldest = Some(oldest.map_or(needed, |so_far| so_far.min(needed)));
        }
        let Some((millis, seq)) = oldest else { return Ok(()) };
        redis::cmd("XTRIM").arg(&key).arg("MINID").arg("~").arg(format!("{millis}-{seq}")).query_async(connection).await
    }
}

fn entry_order(id: &str) -> (u64, u64) {
    let (millis, seq) = id.split_once('-').unwrap_or((id, "0"));
    (millis.parse().unwrap_or(0), seq.parse().unwrap_or(0))
}
