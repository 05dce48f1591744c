//! Dead letters: messages that could not be handled, each with the cause, until staff send them again or drop them.
//!
//! The sender keeps the message as well until it is handled or dropped. A dead letter that Redis loses is therefore sent
//! again, fails again and is dead-lettered again. One that nobody acts on is dropped after `keep_dead_letters_days`.

use chrono::{DateTime, Utc};
use redis::streams::{StreamId, StreamRangeReply};
use redis::{AsyncCommands, ErrorKind, RedisResult};

use super::Subscribers;
use super::ack::{Ack, dropped_key};
use super::bus::{Bus, FOR, dead_key, stream_key};
use super::entry;
use crate::Result;

const LETTERS_AT_ONCE: usize = 200;

/// A message that a group could not handle.
#[derive(Clone, Debug)]
pub struct DeadLetter {
    /// The stream and the entry, `orders.replies/1767614400000-0`.
    pub id: String,
    pub stream: String,
    /// The group that could not handle it.
    pub group: String,
    pub cause: String,
    /// How often it was tried.
    pub attempts: usize,
    pub at: DateTime<Utc>,
    pub message_id: String,
    pub kind: String,
    pub key: String,
    /// The body as it was sent. It may hold personal data.
    pub body: String,
    entry: StreamId,
}

/// The dead letters of every stream that somebody listens to.
#[derive(Clone)]
pub struct DeadLetters {
    bus: Bus,
    streams: Vec<String>,
}

impl DeadLetters {
    pub fn new(bus: Bus, subscribers: &Subscribers) -> Self {
        Self { bus, streams: subscribers.streams().map(str::to_owned).collect() }
    }

    /// The newest first.
    pub async fn newest(&self, most: usize) -> Result<Vec<DeadLetter>> {
        let mut found = Vec::new();
        for stream in &self.streams {
            let entries: StreamRangeReply =
                self.bus.connection().xrevrange_count(dead_key(stream), "+", "-", most).await?;
            found.extend(entries.ids.into_iter().map(|entry| letter(stream, entry)));
        }
        found.sort_by(|one, other| (other.at, &other.id).cmp(&(one.at, &one.id)));
        found.truncate(most);
        Ok(found)
    }

    pub async fn find(&self, id: &str) -> Result<Option<DeadLetter>> {
        let Some((stream, entry)) = id.split_once('/') else { return Ok(None) };
        let well_formed = entry.split('-').all(|part| part.parse::<u64>().is_ok());
        if !well_formed || !self.streams.iter().any(|known| known == stream) {
            return Ok(None);
        }
        let found: StreamRangeReply = self.bus.connection().xrange_count(dead_key(stream), entry, entry, 1).await?;
        Ok(found.ids.into_iter().next().map(|entry| letter(stream, entry)))
    }

    /// Drops every dead letter about `key`, or whose body contains it. Returns how many.
    pub async fn discard_about(&self, key: &str) -> Result<usize> {
        let mut discarded = 0;
        for stream in &self.streams {
            let mut from = String::from("-");
            loop {
                let page: StreamRangeReply =
                    self.bus.connection().xrange_count(dead_key(stream), &from, "+", LETTERS_AT_ONCE).await?;
                let Some(last) = page.ids.last().map(|entry| entry.id.clone()) else { break };
                for letter in page.ids.into_iter().map(|entry| letter(stream, entry)) {
                    if letter.key == key || letter.body.contains(key) {
                        erase_letter(&self.bus, &letter).await?;
                        discarded += 1;
                    }
                }
                from = format!("({last}");
            }
        }
        Ok(discarded)
    }

    /// Publishes the message once more under its own id, for the group that could not handle it only: the other groups have
    /// handled it, and may have forgotten that. Returns false, and does nothing, if the letter is gone.
    pub async fn replay(&self, letter: &DeadLetter) -> Result<bool> {
        let mut fields: Vec<(&str, String)> = Vec::new();
        for name in ["id", "kind", "key", "body", "from"] {
            fields.extend(letter.entry.get::<String>(name).map(|value| (name, value)));
        }
        fields.push((FOR, letter.group.clone()));
        // Should this process end in between, its sender finds the letter gone and sends the message again by itself.
        if !take(&self.bus, letter).await? {
            return Ok(false);
        }
        let _entry: String = self.bus.connection().xadd(stream_key(&letter.stream), "*", &fields).await?;
        Ok(true)
    }

    /// Drops the message for this group for good, and acks it to the sender. Returns false, and does nothing, if the letter is
    /// gone.
    pub async fn discard(&self, letter: &DeadLetter) -> Result<bool> {
        Ok(drop_letter(&self.bus, letter).await?)
    }
}

/// Takes a letter away. Of several who want it one does.
async fn take(bus: &Bus, letter: &DeadLetter) -> RedisResult<bool> {
    let taken: usize = bus.connection().xdel(dead_key(&letter.stream), &[&letter.entry.id]).await?;
    Ok(taken > 0)
}

/// Drops a letter, and tells the sender of its message. False when it was not there any more. Should this process end in
/// between, the message comes to lie there again.
pub(super) async fn drop_letter(bus: &Bus, letter: &DeadLetter) -> RedisResult<bool> {
    if !take(bus, letter).await? {
        return Ok(false);
    }
    if let Some((sender, ack)) = mark_of(letter)? {
        let _length: usize = bus.connection().rpush(dropped_key(&sender), ack).await?;
    }
    Ok(true)
}

/// Drops a letter in one step with telling its sender, so that what it says of a person never comes back.
async fn erase_letter(bus: &Bus, letter: &DeadLetter) -> RedisResult<()> {
    let mut both = redis::pipe();
    both.atomic();
    if let Some((sender, ack)) = mark_of(letter)? {
        both.rpush(dropped_key(&sender), ack).ignore();
    }
    both.xdel(dead_key(&letter.stream), &[&letter.entry.id]).ignore();
    both.query_async(&mut bus.connection()).await
}

/// Who sent the message, and what tells them that this group has done with it.
fn mark_of(letter: &DeadLetter) -> RedisResult<Option<(String, String)>> {
    let Some(sender) = entry::sender(&letter.entry) else { return Ok(None) };
    let DeadLetter { message_id, stream, group, .. } = letter;
    let ack = Ack { id: message_id.clone(), stream: stream.clone(), group: group.clone(), dead: None };
    let ack = serde_json::to_string(&ack).map_err(|_no_json| (ErrorKind::Client, "an ack is no JSON"))?;
    Ok(Some((sender, ack)))
}

pub(super) fn letter(stream: &str, entry: StreamId) -> DeadLetter {
    let field = |name: &str| entry.get::<String>(name).unwrap_or_default();
    let (millis, _) = super::bus::entry_order(&entry.id);
    DeadLetter {
        id: format!("{stream}/{}", entry.id),
        stream: stream.to_owned(),
        group: field("group"),
        cause: field("cause"),
        attempts: field("attempts").parse().unwrap_or_default(),
        at: i64::try_from(millis).ok().and_then(DateTime::from_timestamp_millis).unwrap_or_default(),
        message_id: field("id"),
        kind: field("kind"),
        key: field("key"),
        body: field("body"),
        entry,
    }
}
