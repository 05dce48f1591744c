//! Marks: how a consumer tells the sender that a message has been handled.
//!
//! A mark goes back through Redis and may be lost there like anything else. Then the sender sends the message again, the
//! consumer finds it in its inbox, and marks it again.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use redis::{AsyncCommands, RedisResult};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::Subscribers;
use super::outbox::outbox_row;
use super::relay::Relay;
use crate::db::Among;
use crate::{Result, Txn};

pub(super) mod mark_row {
    use sea_orm::entity::prelude::*;

    /// What some of a message's groups have said, while others have not.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "outbox_mark")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub message_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub consumer: String,
        /// The entry of the dead-letter stream where the message lies; null when it was handled.
        pub dead_entry: Option<String>,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// "This group has done with this message."
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Ack {
    pub id: String,
    pub stream: String,
    pub group: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dead: Option<String>,
}

const AT_ONCE: usize = 512;
/// Marks gather for this long, so that many share one transaction.
const EVERY: Duration = Duration::from_millis(100);
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Where marks for `sender` gather.
pub(super) fn acks_key(sender: &str) -> String {
    format!("mercato:marks:{sender}")
}

/// Where marks of dropped dead letters gather for `sender`. They do not come again if they are lost, so they stay until
/// what they say is in the sender's database.
pub(super) fn dropped_key(sender: &str) -> String {
    format!("mercato:marks:{sender}:dropped")
}

/// Takes in the marks of what a relay has sent, until told to stop.
pub(super) async fn collect(relay: &Relay, stop: &CancellationToken) {
    loop {
        let pause = match collect_some(relay).await {
            Ok(taken) if taken == AT_ONCE => Duration::ZERO,
            Ok(_) => EVERY,
            Err(failure) => {
                let cause = failure.into_anyhow();
                tracing::warn!(cause = format!("{cause:#}"), "marks are not taken in; their messages come again");
                PAUSE_AFTER_FAILURE
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

async fn collect_some(relay: &Relay) -> Result<usize> {
    let (dropped, said) = waiting(relay).await?;
    if dropped.is_empty() && said.is_empty() {
        return Ok(0);
    }
    let marks: Vec<Ack> = dropped.iter().chain(&said).filter_map(|text| serde_json::from_str(text).ok()).collect();
    let taken = async {
        let audience = relay.audience.now(&relay.bus, marks.iter().map(|mark| mark.stream.as_str())).await?;
        let txn = relay.db.begin().await?;
        let done = take_in(&txn, &marks, &audience).await?;
        txn.commit().await?;
        relay.in_flight.forget(done);
        Ok(())
    };
    let taken: Result<()> = taken.await;
    if let Err(failure) = taken {
        // Should this process end before they are back, their messages are sent again, and marked again.
        if !said.is_empty() {
            relay.bus.connection().rpush::<_, _, ()>(acks_key(relay.sender), &said).await?;
        }
        return Err(failure);
    }
    forget_dropped(relay, &dropped).await?;
    Ok(dropped.len().max(said.len()))
}

/// The longest waiting marks: those of dropped letters, which stay, and the others, which are nobody else's from now on.
async fn waiting(relay: &Relay) -> RedisResult<(Vec<String>, Vec<String>)> {
    let last = isize::try_from(AT_ONCE).unwrap_or(isize::MAX) - 1;
    redis::pipe()
        .lrange(dropped_key(relay.sender), 0, last)
        .lpop(acks_key(relay.sender), std::num::NonZeroUsize::new(AT_ONCE))
        .query_async(&mut relay.bus.connection())
        .await
}

/// Another replica may have taken the same in, and forgotten them too: that is as well.
async fn forget_dropped(relay: &Relay, dropped: &[String]) -> RedisResult<()> {
    if dropped.is_empty() {
        return Ok(());
    }
    let mut all = redis::pipe();
    for mark in dropped {
        all.lrem(dropped_key(relay.sender), 1, mark).ignore();
    }
    all.query_async(&mut relay.bus.connection()).await
}

/// Forgets messages that everybody has handled, and notes who else has. Gives those that it forgot.
async fn take_in<'a>(txn: &Txn, marks: &'a [Ack], audience: &Subscribers) -> Result<Vec<&'a str>> {
    let mut done: Vec<&str> = Vec::new();
    let mut partial: Vec<&Ack> = Vec::new();
    for mark in marks {
        let groups = audience.groups(&mark.stream);
        let alone = matches!(groups, [only] if *only == mark.group);
        if alone && mark.dead.is_none() {
            done.push(&mark.id);
        } else if groups.contains(&mark.group) {
            partial.push(mark);
        }
    }
    let awaited = hold(txn, partial.iter().map(|mark| mark.id.as_str())).await?;
    partial.retain(|mark| awaited.contains(&mark.id));
    let handled = note(txn, &partial).await?;
    let complete = |mark: &&&Ack| {
        let by = handled.get(&mark.id);
        audience.groups(&mark.stream).iter().all(|group| by.is_some_and(|by| by.contains(group)))
    };
    done.extend(partial.iter().filter(complete).map(|mark| mark.id.as_str()));
    if done.is_empty() {
        return Ok(done);
    }
    let ids = || done.iter().copied();
    outbox_row::Entity::delete_many().filter(outbox_row::Column::Id.among(ids())).exec(&**txn).await?;
    if !handled.is_empty() {
        delete_marks(txn, ids()).await?;
    }
    Ok(done)
}

/// Forgets who has handled these messages.
pub(super) async fn delete_marks<'a>(txn: &Txn, ids: impl Iterator<Item = &'a str>) -> Result<()> {
    mark_row::Entity::delete_many().filter(mark_row::Column::MessageId.among(ids)).exec(&**txn).await?;
    Ok(())
}

/// Locks the rows of these messages, and says which of them there are: a mark of one that is gone says nothing new.
///
/// Two replicas may take in two marks of one message at once. Neither would see the other's, and the message would stay
/// for ever. Whoever holds the row second sees both.
async fn hold<'a>(txn: &Txn, ids: impl Iterator<Item = &'a str>) -> Result<HashSet<String>> {
    let ids: HashSet<&str> = ids.collect();
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let held: Vec<String> = outbox_row::Entity::find()
        .select_only()
        .column(outbox_row::Column::Id)
        .filter(outbox_row::Column::Id.among(ids))
        .order_by_asc(outbox_row::Column::Seq)
        .lock_exclusive()
        .into_tuple()
        .all(&**txn)
        .await?;
    Ok(held.into_iter().collect())
}

/// Writes marks of messages that have more than one group, or lie among the dead. Gives the handled ones of each.
async fn note(txn: &Txn, marks: &[&Ack]) -> Result<HashMap<String, HashSet<String>>> {
    // One statement must not meet a row twice. What was handled or dropped is done with, whatever else is heard of it.
    let mut newest: HashMap<(&str, &str), &Ack> = HashMap::new();
    for mark in marks {
        let last_word = newest.entry((&mark.id, &mark.group)).or_insert(mark);
        if last_word.dead.is_some() {
            *last_word = mark;
        }
    }
    if newest.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = newest.values().map(|mark| mark_row::ActiveModel {
        message_id: Set(mark.id.clone()),
        consumer: Set(mark.group.clone()),
        dead_entry: Set(mark.dead.clone()),
    });
    let last_word = OnConflict::columns([mark_row::Column::MessageId, mark_row::Column::Consumer])
        .update_column(mark_row::Column::DeadEntry)
        .action_and_where(Expr::col((mark_row::Entity, mark_row::Column::DeadEntry)).is_not_null())
        .to_owned();
    mark_row::Entity::insert_many(rows).on_conflict(last_word).exec_without_returning(&**txn).await?;
    let ids: HashSet<&str> = newest.keys().map(|(id, _)| *id).collect();
    let handled = mark_row::Entity::find()
        .filter(mark_row::Column::MessageId.among(ids))
        .filter(mark_row::Column::DeadEntry.is_null())
        .all(&**txn)
        .await?;
    let mut of_each: HashMap<String, HashSet<String>> = HashMap::new();
    for row in handled {
        of_each.entry(row.message_id).or_default().insert(row.consumer);
    }
    Ok(of_each)
}
