//! Messages that were published and are not acknowledged by every group yet, and what became of those that are overdue.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use redis::AsyncCommands;
use redis::streams::{StreamInfoGroupsReply, StreamPendingCountReply, StreamRangeReply};
use sea_orm::{EntityTrait, QueryFilter};
use tokio::time::Instant;

use super::ack::ack_row;
use super::bus::{dead_key, entry_order, stream_key};
use super::outbox::outbox_row::Model;
use super::outgoing::Outgoing;
use super::relay::Relay;
use crate::Result;
use crate::db::Among;

/// What this process has published, and not marked as sent in the database yet.
#[derive(Clone, Default)]
pub(super) struct InFlight(Arc<Mutex<HashMap<String, Noted>>>);

struct Noted {
    stream: String,
    entry: String,
    at: Instant,
}

/// A published message whose row does not say so yet.
pub(super) struct Published {
    pub id: String,
    pub stream: String,
    pub entry: String,
}

/// Overdue messages, by what became of them.
#[derive(Default)]
pub(super) struct Overdue {
    /// Still unread or pending for every group that has not acknowledged them.
    pub travelling: Vec<Model>,
    /// Lost for these groups.
    pub lost: Vec<(Model, Vec<String>)>,
    /// Acknowledged by every group.
    pub handled: Vec<Model>,
}

impl InFlight {
    fn noted(&self) -> MutexGuard<'_, HashMap<String, Noted>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn note(&self, messages: &[Outgoing], entries: Vec<String>) {
        let at = Instant::now();
        let noted = messages
            .iter()
            .zip(entries)
            .map(|(message, entry)| (message.id.clone(), Noted { stream: message.stream.clone(), entry, at }));
        self.noted().extend(noted);
    }

    /// Those that were published at least so long ago.
    pub(super) fn published(&self, ago: Duration) -> Vec<Published> {
        let noted = self.noted();
        let long_ago = noted.iter().filter(|(_, one)| one.at.elapsed() >= ago);
        long_ago
            .map(|(id, one)| Published { id: id.clone(), stream: one.stream.clone(), entry: one.entry.clone() })
            .collect()
    }

    pub(super) fn forget<'a>(&self, ids: impl IntoIterator<Item = &'a str>) {
        let mut noted = self.noted();
        for id in ids {
            noted.remove(id);
        }
    }
}

/// Sorts overdue messages by what became of them.
pub(super) async fn part(relay: &Relay, overdue: Vec<Model>) -> Result<Overdue> {
    let mut parted = Overdue::default();
    if overdue.is_empty() {
        return Ok(parted);
    }
    let acks = acks_of(relay, &overdue).await?;
    let streams = || overdue.iter().map(|message| message.stream.as_str());
    relay.subscribers.expire(&relay.bus, streams(), relay.patience.forget_group_after()).await?;
    let subscribers = relay.subscribers.now(&relay.bus, streams()).await?;
    let mut read_up_to: HashMap<String, HashMap<String, String>> = HashMap::new();
    for message in &overdue {
        if !read_up_to.contains_key(&message.stream) {
            read_up_to.insert(message.stream.clone(), positions(relay, &message.stream).await?);
        }
    }
    let there = those_there(relay, &overdue).await?;
    for message in overdue {
        let said = acks.get(&message.id);
        let (mut all_handled, mut missed) = (true, Vec::new());
        for group in subscribers.groups(&message.stream) {
            let reached = match said.and_then(|said| said.get(group)) {
                Some(None) => continue,
                Some(Some(dead)) => exists(relay, &dead_key(&message.stream), dead).await?,
                None if there.contains(&message.id) => {
                    travels(relay, &message, group, read_up_to[&message.stream].get(group)).await?
                }
                None => false,
            };
            all_handled = false;
            if !reached {
                missed.push(group.clone());
            }
        }
        if all_handled {
            parted.handled.push(message);
        } else if missed.is_empty() {
            parted.travelling.push(message);
        } else {
            parted.lost.push((message, missed));
        }
    }
    Ok(parted)
}

/// Whether `group` has yet to read a message that lies on its stream, or has it in hand.
async fn travels(relay: &Relay, message: &Model, group: &str, position: Option<&String>) -> Result<bool> {
    let Some(entry) = &message.entry else { return Ok(false) };
    let unread = position.is_none_or(|position| entry_order(entry) > entry_order(position));
    if unread {
        return Ok(true);
    }
    let key = stream_key(&message.stream);
    let pending: StreamPendingCountReply = relay.bus.connection().xpending_count(&key, group, entry, entry, 1).await?;
    Ok(!pending.ids.is_empty())
}

/// The messages that lie on their streams, in the entries that their rows name.
async fn those_there(relay: &Relay, messages: &[Model]) -> Result<HashSet<String>> {
    let named: Vec<(&Model, &String)> =
        messages.iter().filter_map(|message| Some((message, message.entry.as_ref()?))).collect();
    if named.is_empty() {
        return Ok(HashSet::new());
    }
    let mut asked = redis::pipe();
    for (message, entry) in &named {
        asked.xrange_count(stream_key(&message.stream), entry, entry, 1);
    }
    let found: Vec<StreamRangeReply> = asked.query_async(&mut relay.bus.connection()).await?;
    let there = named.iter().zip(found).filter(|(_, found)| !found.ids.is_empty());
    Ok(there.map(|((message, _), _)| message.id.clone()).collect())
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
async fn acks_of(relay: &Relay, messages: &[Model]) -> Result<HashMap<String, HashMap<String, Option<String>>>> {
    let ids: HashSet<&str> = messages.iter().map(|message| message.id.as_str()).collect();
    let rows = ack_row::Entity::find().filter(ack_row::Column::MessageId.among(ids)).all(relay.db.reader()).await?;
    let mut of_each: HashMap<String, HashMap<String, Option<String>>> = HashMap::new();
    for row in rows {
        of_each.entry(row.message_id).or_default().insert(row.consumer, row.dead_entry);
    }
    Ok(of_each)
}
