//! What every group has done with leaves the stream, to the last entry: somebody's name and address may stand in it.

use chrono::TimeDelta;
use redis::streams::{StreamInfoGroupsReply, StreamPendingReply, StreamRangeReply};
use redis::{AsyncCommands, RedisResult};

use super::{BATCH, DeadLettering, Reader};
use crate::Clock;
use crate::messaging::bus::{Place, dead_key, entry_order, stream_key};
use crate::messaging::dead::{drop_letter, letter};

impl Reader {
    /// Drops what every group has acknowledged, up to the first entry that some group has not.
    pub(super) async fn trim(&self) -> RedisResult<()> {
        let key = stream_key(self.hand.subscription.stream);
        let mut connection = self.hand.bus.connection();
        let groups: StreamInfoGroupsReply = connection.xinfo_groups(&key).await?;
        let mut oldest: Option<Place> = None;
        for group in &groups.groups {
            let pending: StreamPendingReply = connection.xpending(&key, &group.name).await?;
            let needed = match pending {
                StreamPendingReply::Data(data) => entry_order(&data.start_id),
                _ => after(entry_order(&group.last_delivered_id)),
            };
            oldest = Some(oldest.map_or(needed, |so_far| so_far.min(needed)));
        }
        let Some((millis, seq)) = oldest else { return Ok(()) };
        // Not `~`, which leaves what does not fill a node of the stream's tree.
        redis::cmd("XTRIM").arg(&key).arg("MINID").arg(format!("{millis}-{seq}")).query_async(&mut connection).await
    }

    /// Drops dead letters that nobody has acted on for as long as they are kept. Each is told to the log as it goes.
    pub(super) async fn drop_old_letters(&self) -> RedisResult<()> {
        let subscription = &self.hand.subscription;
        let days = subscription.patience.keep_dead_letters_days;
        if days == 0 {
            return Ok(());
        }
        let long_ago = (Clock::system().now() - TimeDelta::days(i64::from(days))).timestamp_millis();
        let mut connection = self.hand.bus.connection();
        let old: StreamRangeReply =
            connection.xrange_count(dead_key(subscription.stream), "-", long_ago, BATCH).await?;
        let mut dropped = 0;
        for entry in old.ids {
            let letter = letter(subscription.stream, entry);
            if !drop_letter(&self.hand.bus, &letter).await? {
                // Another replica was first.
                continue;
            }
            dropped += 1;
            tracing::error!(
                letter = letter.id,
                message = letter.message_id,
                kind = letter.kind,
                key = letter.key,
                group = letter.group,
                cause = letter.cause,
                "a dead letter is dropped: nobody has acted on it for {days} days"
            );
        }
        if dropped > 0 {
            self.hand.handler.on_dead_letter(DeadLettering::Expired(dropped));
        }
        Ok(())
    }
}

/// The first place behind this one.
fn after((millis, seq): Place) -> Place {
    seq.checked_add(1).map_or((millis.saturating_add(1), 0), |seq| (millis, seq))
}
