//! Where the messages are that no mark has come back for.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redis::AsyncCommands;
use redis::streams::{StreamInfoGroupsReply, StreamPendingCountReply, StreamRangeReply};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::bus::{dead_key, entry_order, stream_key};
use super::mark::mark_row;
use super::outbox::outbox_row::Model;
use super::outgoing::Outgoing;
use super::relay::Relay;
use crate::Result;

/// Which entry of its stream each message became, as far as this process has published it.
#[derive(Clone, Default)]
pub(super) struct OnTheWay(Arc<Mutex<HashMap<String, Sent>>>);

struct Sent {
    stream: String,
    entry: String,
    /// Whether the row says that it was sent.
    written_down: bool,
}

/// A message whose row does not say yet that it was sent.
pub(super) struct ToWriteDown {
    pub id: String,
    pub stream: String,
}

/// Messages that no last mark has come for in time.
#[derive(Default)]
pub(super) struct Overdue {
    /// They still reach whoever has not handled them.
    pub travelling: Vec<Model>,
    /// They reach somebody no more.
    pub lost: Vec<Model>,
    /// Everybody has handled them.
    pub handled: Vec<Model>,
}

/// What keeps the memory of a very long backlog bounded: a message that is not remembered is merely sent twice.
const REMEMBERED: usize = 200_000;

impl OnTheWay {
    fn sent(&self) -> MutexGuard<'_, HashMap<String, Sent>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn note(&self, messages: &[Outgoing], entries: Vec<String>) {
        let mut sent = self.sent();
        if sent.len() + messages.len() > REMEMBERED {
            sent.retain(|_, one| !one.written_down);
        }
        let noted = messages.iter().zip(entries).map(|(message, entry)| {
            (message.id.clone(), Sent { stream: message.stream.clone(), entry, written_down: false })
        });
        sent.extend(noted);
    }

    pub(super) fn to_write_down(&self) -> Vec<ToWriteDown> {
        let sent = self.sent();
        let new = sent.iter().filter(|(_, one)| !one.written_down);
        new.map(|(id, one)| ToWriteDown { id: id.clone(), stream: one.stream.clone() }).collect()
    }

    pub(super) fn written_down<'a>(&self, ids: impl IntoIterator<Item = &'a str>) {
        let mut sent = self.sent();
        for id in ids {
            if let Some(one) = sent.get_mut(id) {
                one.written_down = true;
            }
        }
    }

    pub(super) fn forget<'a>(&self, ids: impl IntoIterator<Item = &'a str>) {
        let mut sent = self.sent();
        for id in ids {
            sent.remove(id);
        }
    }

    pub(super) async fn part(&self, relay: &Relay, overdue: Vec<Model>) -> Result<Overdue> {
        let mut parted = Overdue::default();
        if overdue.is_empty() {
            return Ok(parted);
        }
        let marks = marks_of(relay, &overdue).await?;
        let mut read_up_to: HashMap<String, HashMap<String, String>> = HashMap::new();
        for message in overdue {
            if !read_up_to.contains_key(&message.stream) {
                read_up_to.insert(message.stream.clone(), positions(relay, &message.stream).await?);
            }
            let said = marks.get(&message.id);
            let (mut reaches_all, mut all_handled) = (true, true);
            for group in relay.audience.groups(&message.stream) {
                let word = said.and_then(|said| said.get(group));
                all_handled &= matches!(word, Some(None));
                reaches_all &= match word {
                    Some(None) => true,
                    Some(Some(dead)) => exists(relay, &dead_key(&message.stream), dead).await?,
                    None => {
                        let position = read_up_to[&message.stream].get(group);
                        self.travels(relay, &message, group, position).await?
                    }
                };
            }
            if all_handled {
                parted.handled.push(message);
            } else if reaches_all {
                parted.travelling.push(message);
            } else {
                self.forget([message.id.as_str()]);
                parted.lost.push(message);
            }
        }
        Ok(parted)
    }

    /// Whether `group` has yet to read the message, or has it in hand.
    async fn travels(&self, relay: &Relay, message: &Model, group: &str, position: Option<&String>) -> Result<bool> {
        let Some(entry) = self.sent().get(&message.id).map(|one| one.entry.clone()) else { return Ok(false) };
        let key = stream_key(&message.stream);
        let unread = position.is_none_or(|position| entry_order(&entry) > entry_order(position));
        if unread {
            return exists(relay, &key, &entry).await;
        }
        let pending: StreamPendingCountReply =
            relay.bus.connection().xpending_count(&key, group, &entry, &entry, 1).await?;
        Ok(!pending.ids.is_empty() && exists(relay, &key, &entry).await?)
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
