//! Where the messages are that no mark has come back for.

use std::collections::{HashMap, HashSet};

use redis::AsyncCommands;
use redis::streams::{StreamInfoGroupsReply, StreamPendingCountReply, StreamRangeReply};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::bus::{dead_key, entry_order, stream_key};
use super::mark::mark_row;
use super::outbox::outbox_row::Model;
use super::relay::Relay;
use crate::Result;

/// Which entry of its stream each message became, as far as this process has published it.
#[derive(Default)]
pub(super) struct OnTheWay(HashMap<i64, String>);

/// What keeps the memory of a very long backlog bounded: a message that is not remembered is merely sent twice.
const REMEMBERED: usize = 200_000;

impl OnTheWay {
    pub(super) fn note(&mut self, messages: &[Model], entries: Vec<String>) {
        if self.0.len() + messages.len() > REMEMBERED {
            self.0.clear();
        }
        self.0.extend(messages.iter().map(|message| message.seq).zip(entries));
    }

    /// Parts overdue messages into those that still reach whoever has not handled them, and those that do not.
    pub(super) async fn part(&mut self, relay: &Relay, overdue: Vec<Model>) -> Result<(Vec<Model>, Vec<Model>)> {
        let (mut travelling, mut lost) = (Vec::new(), Vec::new());
        if overdue.is_empty() {
            return Ok((travelling, lost));
        }
        let marks = marks_of(relay, &overdue).await?;
        let mut read_up_to: HashMap<String, HashMap<String, String>> = HashMap::new();
        for message in overdue {
            if !read_up_to.contains_key(&message.stream) {
                read_up_to.insert(message.stream.clone(), positions(relay, &message.stream).await?);
            }
            let said = marks.get(&message.id);
            let mut reaches_all = true;
            for group in relay.audience.groups(&message.stream) {
                reaches_all &= match said.and_then(|said| said.get(group)) {
                    Some(None) => true,
                    Some(Some(dead)) => exists(relay, &dead_key(&message.stream), dead).await?,
                    None => {
                        let position = read_up_to[&message.stream].get(group);
                        self.travels(relay, &message, group, position).await?
                    }
                };
            }
            if reaches_all {
                travelling.push(message);
            } else {
                self.0.remove(&message.seq);
                lost.push(message);
            }
        }
        Ok((travelling, lost))
    }

    /// Whether `group` has yet to read the message, or has it in hand.
    async fn travels(&self, relay: &Relay, message: &Model, group: &str, position: Option<&String>) -> Result<bool> {
        let Some(entry) = self.0.get(&message.seq) else { return Ok(false) };
        let key = stream_key(&message.stream);
        let unread = position.is_none_or(|position| entry_order(entry) > entry_order(position));
        if unread {
            return exists(relay, &key, entry).await;
        }
        let pending: StreamPendingCountReply =
            relay.bus.connection().xpending_count(&key, group, entry, entry, 1).await?;
        Ok(!pending.ids.is_empty() && exists(relay, &key, entry).await?)
    }
}

async fn exists(relay: &Relay, key: &str, entry: &str) -> Result<bool> {
    let found: StreamRangeReply = relay.bus.connection().xrange_count(key, entry, entry, 1).await?;
    Ok(!found.ids.is_empty())
}

/// Up to where each group has read; nothing of a stream that is not there.
async fn positions(relay: &Relay, stream: &str) -> Result<HashMap<String, String>> {
    let key = stream_key(stream);
    let mut connection = relay.bus.connection();
    if !connection.exists::<_, bool>(&key).await? {
        return Ok(HashMap::new());
    }
    let groups: StreamInfoGroupsReply = connection.xinfo_groups(&key).await?;
    Ok(groups.groups.into_iter().map(|group| (group.name, group.last_delivered_id)).collect())
}

/// What the groups of each message have said so far: handled, or lying among the dead.
async fn marks_of(relay: &Relay, messages: &[Model]) -> Result<HashMap<String, HashMap<String, Option<String>>>> {
    let ids: HashSet<&str> = messages.iter().map(|message| message.id.as_str()).collect();
    let rows = mark_row::Entity::find().filter(mark_row::Column::MessageId.is_in(ids)).all(relay.db.reader()).await?;
    let mut of_each: HashMap<String, HashMap<String, Option<String>>> = HashMap::new();
    for row in rows {
        of_each.entry(row.message_id).or_default().insert(row.consumer, row.dead_entry);
    }
    Ok(of_each)
}
