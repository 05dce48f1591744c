//! Groups that appear and go: a role that keeps something for itself in each replica hears every message in all of them.
//!
//! Each such replica has a group of its own, `lamps@` and its name. It makes the group when it comes, and is one of those
//! whom a sender waits for as long as the group is there. A replica that is gone shows no life in its group; after a time
//! whoever reads the stream destroys the group, so that nothing is kept for it any longer. That is never wrong, only dear:
//! a replica that finds its group gone makes it anew, and knows that it may have missed something.

use std::time::Duration;

use redis::aio::ConnectionLike;
use redis::streams::{StreamInfoConsumer, StreamInfoConsumersReply, StreamInfoGroupsReply};
use redis::{AsyncCommands, RedisResult};

use super::bus::{Bus, stream_key};
use super::{MessageHandler, Subscription};
use crate::Result;

/// Stands between a role and a replica of it.
const AT: char = '@';
/// Where no entry comes to lie.
const BEHIND_ALL: &str = "18446744073709551615-0";

/// The group of one replica, which hears every message of a stream.
pub fn replica_group(role: &str, instance: &str) -> String {
    format!("{role}{AT}{instance}")
}

fn is_a_replicas(group: &str) -> bool {
    group.contains(AT)
}

/// The groups that there are on a stream.
pub(super) async fn names(connection: &mut impl AsyncCommands, stream: &str) -> RedisResult<Vec<String>> {
    let key = stream_key(stream);
    if !connection.exists::<_, bool>(&key).await? {
        return Ok(Vec::new());
    }
    let found: StreamInfoGroupsReply = connection.xinfo_groups(&key).await?;
    Ok(found.groups.into_iter().map(|group| group.name).collect())
}

/// Makes the group where it is not there, and tells its handler before: what was sent until now may never come.
///
/// From the very first entry: a group made at `$` would never see what came before it.
pub(super) async fn ensure(
    connection: &mut impl AsyncCommands,
    subscription: &Subscription,
    handler: &dyn MessageHandler,
) -> RedisResult<()> {
    let Subscription { stream, group, consumer, .. } = subscription;
    if names(connection, stream).await?.iter().any(|name| name == group) {
        return Ok(());
    }
    if is_a_replicas(group) {
        let told = handler.group_created().await;
        told.map_err(|failure| std::io::Error::other(format!("{:#}", failure.into_anyhow())))?;
    }
    create(connection, stream, group, consumer, "0").await
}

/// With a consumer, whose silence tells when the group is nobody's any more.
async fn create(
    connection: &mut impl ConnectionLike,
    stream: &str,
    group: &str,
    consumer: &str,
    from: &str,
) -> RedisResult<()> {
    let key = stream_key(stream);
    let mut both = redis::pipe();
    both.atomic();
    both.xgroup_create_mkstream(&key, group, from).ignore();
    both.xgroup_createconsumer(&key, group, consumer).ignore();
    match both.query_async::<()>(connection).await {
        Err(cause) if !cause.to_string().contains("BUSYGROUP") => Err(cause),
        _ => Ok(()),
    }
}

/// Shows that a replica lives. A read that waits and gets nothing is no sign of life to a Redis before 7.2; one that asks
/// for what it has in hand behind the end of every stream is, and gets nothing either.
pub(super) async fn show_life(connection: &mut impl ConnectionLike, subscription: &Subscription) -> RedisResult<()> {
    let Subscription { stream, group, consumer, .. } = subscription;
    if !is_a_replicas(group) {
        return Ok(());
    }
    let mut read = redis::cmd("XREADGROUP");
    read.arg("GROUP")
        .arg(group)
        .arg(consumer)
        .arg("COUNT")
        .arg(1)
        .arg("STREAMS")
        .arg(stream_key(stream))
        .arg(BEHIND_ALL);
    read.query_async(connection).await
}

/// Destroys the groups of replicas that have shown no life for so long, and names them.
pub(super) async fn expire(
    connection: &mut impl AsyncCommands,
    stream: &str,
    after: Duration,
) -> RedisResult<Vec<String>> {
    expire_these(connection, stream, after, is_a_replicas).await
}

/// Forgets the consumers of a group that have nothing in hand and have not been heard of for so long: replicas that will not
/// come again under their names. One that comes after all is known again when it reads.
pub(super) async fn forget_consumers(
    connection: &mut impl AsyncCommands,
    subscription: &Subscription,
    after: Duration,
) -> RedisResult<()> {
    let Subscription { stream, group, consumer, .. } = subscription;
    let key = stream_key(stream);
    let found: StreamInfoConsumersReply = connection.xinfo_consumers(&key, group).await?;
    let gone = |one: &StreamInfoConsumer| one.pending == 0 && one.idle as u128 > after.as_millis();
    for one in found.consumers.into_iter().filter(|one| one.name != *consumer && gone(one)) {
        let _pending: usize = connection.xgroup_delconsumer(&key, group, &one.name).await?;
        tracing::info!(stream, group, consumer = one.name, "a replica that is gone is forgotten");
    }
    Ok(())
}

async fn expire_these(
    connection: &mut impl AsyncCommands,
    stream: &str,
    after: Duration,
    these: impl Fn(&str) -> bool,
) -> RedisResult<Vec<String>> {
    let key = stream_key(stream);
    let mut destroyed = Vec::new();
    for group in names(connection, stream).await?.into_iter().filter(|group| these(group)) {
        let found: StreamInfoConsumersReply = connection.xinfo_consumers(&key, &group).await?;
        match found.consumers.iter().map(|consumer| consumer.idle as u128).min() {
            // Nobody reads: the time begins now.
            None => connection.xgroup_createconsumer(&key, &group, "nobody").await?,
            Some(idle) if idle > after.as_millis() => {
                let _was_there: bool = connection.xgroup_destroy(&key, &group).await?;
                tracing::info!(stream, group, "a replica that shows no life is not waited for any longer");
                destroyed.push(group);
            }
            Some(_) => {}
        }
    }
    Ok(destroyed)
}

impl Bus {
    /// The groups that there are on a stream.
    pub async fn groups(&self, stream: &str) -> Result<Vec<String>> {
        Ok(names(&mut self.connection(), stream).await?)
    }

    /// Makes a group that hears what is sent from now on, in the place of one of that name.
    pub async fn renew_group(&self, stream: &str, group: &str, consumer: &str) -> Result<()> {
        self.destroy_group(stream, group).await?;
        Ok(create(&mut self.connection(), stream, group, consumer, "$").await?)
    }

    /// Says whether there was such a group.
    pub async fn destroy_group(&self, stream: &str, group: &str) -> Result<bool> {
        let there = self.groups(stream).await?.iter().any(|name| name == group);
        Ok(there && self.connection().xgroup_destroy::<_, _, bool>(stream_key(stream), group).await?)
    }

    /// Destroys the groups of replicas that have shown no life on a stream for so long, and names them.
    pub async fn expire_groups(&self, stream: &str, after: Duration) -> Result<Vec<String>> {
        Ok(expire(&mut self.connection(), stream, after).await?)
    }

    /// Destroys those among `these` groups that have shown no life for so long: groups of a release that named them otherwise.
    pub async fn expire_former_groups(
        &self,
        stream: &str,
        after: Duration,
        these: impl Fn(&str) -> bool,
    ) -> Result<Vec<String>> {
        Ok(expire_these(&mut self.connection(), stream, after, these).await?)
    }
}
