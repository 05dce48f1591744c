//! Redis Streams as the wire between subgraphs.

use std::time::Duration;

use redis::AsyncConnectionConfig;
use redis::aio::{ConnectionManager, ConnectionManagerConfig, MultiplexedConnection};
use redis::streams::StreamInfoGroupsReply;
use redis::{AsyncCommands, RedisResult};

use super::Outgoing;
use super::server::{RedisServer, explained, is_transient_in_redis};
use crate::{Failure, Result};

/// How long an answer may take that waits for something to happen.
pub(super) const LONGEST_BLOCK: Duration = Duration::from_secs(5);

/// The field of an entry that says which groups it is for; the others pass it over. Without it, it is for all.
pub(super) const FOR: &str = "for";

/// A connection to the streams.
#[derive(Clone)]
pub struct Bus {
    client: redis::Client,
    shared: ConnectionManager,
}

/// How far a consumer group is behind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lag {
    /// Entries that no consumer of the group has read yet.
    pub unread: usize,
    /// Entries that were read and not acknowledged yet.
    pub pending: usize,
}

impl Bus {
    /// Without a certificate of ours, and with the authorities that the system trusts.
    pub async fn connect(url: &str) -> Result<Self> {
        Self::reach(&RedisServer::at(url)).await.map_err(Failure::fault)
    }

    pub async fn reach(server: &RedisServer) -> anyhow::Result<Self> {
        let client = server.client()?;
        let config = ConnectionManagerConfig::new()
            .set_response_timeout(Some(Duration::from_secs(5)))
            .set_connection_timeout(Some(Duration::from_secs(5)));
        // What waiting does not mend is told at once.
        if let Err(cause) = client.get_multiplexed_async_connection().await
            && !is_transient_in_redis(&cause)
        {
            return Err(explained(&cause));
        }
        let shared = ConnectionManager::new_with_config(client.clone(), config).await;
        let shared = shared.map_err(|cause| explained(&cause))?;
        Ok(Self { client, shared })
    }

    /// A connection for everything that answers at once. Blocking reads take one of their own.
    pub fn connection(&self) -> ConnectionManager {
        self.shared.clone()
    }

    pub(super) async fn blocking_connection(&self) -> RedisResult<MultiplexedConnection> {
        // A line that has gone dead says nothing for ever. The longest answer is that of a read that waits for messages.
        let config = AsyncConnectionConfig::new()
            .set_response_timeout(Some(LONGEST_BLOCK + Duration::from_secs(5)))
            .set_connection_timeout(Some(Duration::from_secs(5)));
        self.client.get_multiplexed_async_connection_with_config(&config).await
    }

    /// Puts messages on their streams, and gives the entries that they became.
    pub(super) async fn publish(&self, sender: &str, messages: &[Outgoing]) -> Result<Vec<String>> {
        let mut pipeline = redis::pipe();
        for message in messages {
            let fields = [
                ("id", message.id.as_str()),
                ("kind", &message.kind),
                ("key", &message.key),
                ("body", &message.body),
                ("from", sender),
            ];
            let groups = message.groups.as_ref().map(|groups| (FOR, groups.join(" ")));
            let fields = fields.into_iter().chain(groups.as_ref().map(|(name, groups)| (*name, groups.as_str())));
            pipeline.xadd(stream_key(&message.stream), "*", &fields.collect::<Vec<_>>());
        }
        Ok(pipeline.query_async(&mut self.connection()).await?)
    }

    /// How far `group` is behind on `stream`. A group that does not exist yet has everything before it.
    pub async fn lag(&self, stream: &str, group: &str) -> Result<Lag> {
        let mut connection = self.connection();
        let key = stream_key(stream);
        let length: usize = connection.xlen(&key).await?;
        if length == 0 {
            return Ok(Lag::default());
        }
        let groups: StreamInfoGroupsReply = connection.xinfo_groups(&key).await?;
        let found = groups.groups.iter().find(|one| one.name == group);
        Ok(found.map_or(Lag { unread: length, pending: 0 }, |one| Lag {
            unread: one.lag.unwrap_or(0),
            pending: one.pending,
        }))
    }

    /// What Redis does when its memory is full, where it may be asked. Anything but `noeviction` would drop messages.
    pub async fn eviction_policy(&self) -> Option<String> {
        let mut command = redis::cmd("CONFIG");
        command.arg("GET").arg("maxmemory-policy");
        let answer = command.query_async::<Vec<String>>(&mut self.connection()).await;
        answer.ok().and_then(|pair| pair.into_iter().nth(1))
    }
}

pub(super) fn stream_key(stream: &str) -> String {
    format!("mercato:{stream}")
}

/// Where the messages of `stream` lie that were not to be handled.
pub(super) fn dead_key(stream: &str) -> String {
    format!("{}:dead", stream_key(stream))
}

/// How often each message of `stream` was tried alone that may have ended a process.
pub(super) fn suspects_key(stream: &str) -> String {
    format!("{}:suspects", stream_key(stream))
}

/// Where an entry stands on its stream.
pub(super) type Place = (u64, u64);

/// Where the entry of this id stands.
pub(super) fn entry_order(id: &str) -> Place {
    let (millis, seq) = id.split_once('-').unwrap_or((id, "0"));
    (millis.parse().unwrap_or(0), seq.parse().unwrap_or(0))
}
