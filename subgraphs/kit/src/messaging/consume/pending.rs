//! What the stream says is in somebody's hands: taken up after a restart, taken over from those that are gone, kept while it
//! waits here, and given back.

use std::collections::HashSet;

use redis::streams::{
    StreamAutoClaimOptions, StreamAutoClaimReply, StreamClaimOptions, StreamId, StreamPendingCountReply,
};
use redis::{AsyncCommands, RedisResult};

use super::dispatcher::Acknowledgement;
use super::lanes::{Class, Delivery};
use super::{BATCH, MOST_IN_HAND, Reader};
use crate::messaging::bus::{FOR, Place, entry_order, stream_key};

/// After how long a message that was read and is not in hand has gone astray.
const STRAY_AFTER_MS: usize = 2_000;

const EVERYTHING: (Place, Place) = ((0, 0), (u64::MAX, u64::MAX));

impl Reader {
    /// What somebody of the group has read before: `entries` in the order of the stream.
    pub(super) async fn take_in_again(&mut self, entries: Vec<StreamId>) -> RedisResult<()> {
        let (Some(first), Some(last)) = (entries.first(), entries.last()) else { return Ok(()) };
        let span = (entry_order(&first.id), entry_order(&last.id));
        let before = self.pending_here(span, entries.len()).await?;
        let before: HashSet<Place> =
            before.ids.iter().filter(|one| one.times_delivered > 1).map(|one| entry_order(&one.id)).collect();
        for entry in entries {
            let class = if before.contains(&entry_order(&entry.id)) { Class::Suspect } else { Class::New };
            self.take_in(entry, class);
        }
        Ok(())
    }

    pub(super) fn take_in(&mut self, entry: StreamId, class: Class) {
        let held = Delivery::new(entry, class);
        if self.untold.contains_key(&held.place()) {
            return;
        }
        // Trimmed away under our hands: whoever sent it has not had our ack, and sends it again. Or it is for others.
        let entry = &held.entry;
        let is_ours = |groups: String| groups.split(' ').any(|group| group == self.hand.subscription.group);
        if entry.map.is_empty() || !entry.get(FOR).is_none_or(is_ours) {
            self.untold.insert(held.place(), Acknowledgement::silent(entry.id.clone()));
            return;
        }
        self.lanes.take_in(held);
    }

    /// What another consumer of the group read and never finished.
    pub(super) async fn claim_abandoned(&mut self) -> RedisResult<()> {
        let key = stream_key(self.hand.subscription.stream);
        let mut start = String::from("0-0");
        while self.lanes.len() < MOST_IN_HAND {
            let subscription = &self.hand.subscription;
            let reply: StreamAutoClaimReply = self
                .hand
                .bus
                .connection()
                .xautoclaim_options(
                    &key,
                    subscription.group,
                    &subscription.consumer,
                    subscription.patience.claim_idle().as_millis(),
                    &start,
                    StreamAutoClaimOptions::default().count(BATCH),
                )
                .await?;
            start = reply.next_stream_id;
            self.take_in_again(reply.claimed).await?;
            if start == "0-0" {
                break;
            }
        }
        Ok(())
    }

    /// Says of what is in hand that it still is, and lets go of what somebody else has taken over meanwhile. What a read has
    /// brought that nobody listened to any more is read again.
    pub(super) async fn keep_hold(&mut self) -> RedisResult<()> {
        let pending = self.pending_here(EVERYTHING, 4 * MOST_IN_HAND).await?;
        let ours: HashSet<Place> = pending.ids.iter().map(|one| entry_order(&one.id)).collect();
        let gone = self.lanes.let_go(|place| !ours.contains(&place));
        if !gone.is_empty() {
            let stream = self.hand.subscription.stream;
            tracing::info!(stream, messages = gone.len(), "somebody else has messages now that waited here");
        }
        let mut strays = pending.ids.iter().filter(|one| one.last_delivered_ms > STRAY_AFTER_MS);
        let is_stray = |place| !self.lanes.has(place) && !self.untold.contains_key(&place);
        if strays.any(|one| is_stray(entry_order(&one.id))) {
            self.pending_from.get_or_insert_with(|| "0".to_owned());
        }
        let idle = self.hand.subscription.patience.claim_idle().as_millis() / 3;
        let waits = pending.ids.iter().filter(|one| self.lanes.has(entry_order(&one.id)));
        let waits = waits.filter(|one| one.last_delivered_ms as u128 >= idle);
        let waits: Vec<&str> = waits.map(|one| one.id.as_str()).collect();
        self.claim(&waits, StreamClaimOptions::default().with_justid()).await
    }

    /// Leaves what nobody has begun to whoever reads next, as if it had never been delivered.
    pub(super) async fn give_back(&mut self) -> RedisResult<()> {
        let Some(span) = self.lanes.span() else { return Ok(()) };
        let gone = self.lanes.let_go(|_| true);
        let pending = self.pending_here(span, 4 * MOST_IN_HAND).await?;
        let ours: HashSet<&str> = pending.ids.iter().map(|one| one.id.as_str()).collect();
        let gone: Vec<&str> = gone.iter().map(|held| held.entry.id.as_str()).filter(|id| ours.contains(id)).collect();
        let idle = usize::try_from(self.hand.subscription.patience.claim_idle().as_millis()).unwrap_or(usize::MAX);
        self.claim(&gone, StreamClaimOptions::default().idle(idle).retry(0).with_justid()).await
    }

    async fn claim(&self, entries: &[&str], options: StreamClaimOptions) -> RedisResult<()> {
        if entries.is_empty() {
            return Ok(());
        }
        let subscription = &self.hand.subscription;
        let key = stream_key(subscription.stream);
        let mut connection = self.hand.bus.connection();
        let claimed: RedisResult<redis::Value> =
            connection.xclaim_options(key, subscription.group, &subscription.consumer, 0, entries, options).await;
        claimed.map(drop)
    }

    /// What the stream says that this consumer has in hand, of a span of entries.
    async fn pending_here(&self, (first, last): (Place, Place), most: usize) -> RedisResult<StreamPendingCountReply> {
        let id = |(millis, seq): Place| format!("{millis}-{seq}");
        let subscription = &self.hand.subscription;
        let key = stream_key(subscription.stream);
        let mut connection = self.hand.bus.connection();
        // What others have in hand lies between, and is left out by the consumer's name.
        connection
            .xpending_consumer_count(key, subscription.group, id(first), id(last), most, &subscription.consumer)
            .await
    }
}
