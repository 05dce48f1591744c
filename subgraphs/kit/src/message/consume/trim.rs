//! What every group has done with leaves the stream, to the last entry: somebody's name and address may stand in it.

use redis::streams::{StreamInfoGroupsReply, StreamPendingReply};
use redis::{AsyncCommands, RedisResult};

use super::Reader;
use crate::message::bus::{entry_order, stream_key};

impl Reader {
    /// Drops what every group has acknowledged, and nothing else.
    pub(super) async fn trim(&self) -> RedisResult<()> {
        let key = stream_key(self.hand.subscription.stream);
        let mut connection = self.hand.bus.connection();
        let groups: StreamInfoGroupsReply = connection.xinfo_groups(&key).await?;
        let mut oldest: Option<(u64, u64)> = None;
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
}

/// The first place behind this one.
fn after((millis, seq): (u64, u64)) -> (u64, u64) {
    seq.checked_add(1).map_or((millis.saturating_add(1), 0), |seq| (millis, seq))
}
