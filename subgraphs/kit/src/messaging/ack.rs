//! Acks: how a consumer tells the sender that a message has been handled.
//!
//! An ack goes back through Redis and may be lost there. Then the sender sends the message again, the consumer finds it in
//! its inbox, and acknowledges it again.

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

pub(super) mod ack_row {
    use sea_orm::entity::prelude::*;

    /// The acks of a message that some of its groups have not acknowledged yet.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "outbox_mark")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub message_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub consumer: String,
        /// The entry in the dead-letter stream; null when the group has handled the message.
        pub dead_entry: Option<String>,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A group is done with a message: it was handled, dead-lettered or dropped.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Ack {
    pub id: String,
    pub stream: String,
    pub group: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dead: Option<String>,
}

const AT_ONCE: usize = 512;
/// Acks are collected this often, so that many share one transaction.
const EVERY: Duration = Duration::from_millis(100);
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);

/// The Redis list of acks for `sender`.
pub(super) fn acks_key(sender: &str) -> String {
    format!("mercato:marks:{sender}")
}

/// The Redis list of acks for dropped dead letters. They are not repeated if they are lost, so each stays in the list until
/// it is in the sender's database.
pub(super) fn dropped_key(sender: &str) -> String {
    format!("mercato:marks:{sender}:dropped")
}

/// Collects the acks of a relay's messages until told to stop.
pub(super) async fn collect(relay: &Relay, stop: &CancellationToken) {
    loop {
        let pause = match collect_some(relay).await {
            Ok(taken) if taken == AT_ONCE => Duration::ZERO,
            Ok(_) => EVERY,
            Err(failure) => {
                let cause = failure.into_anyhow();
                tracing::warn!(cause = format!("{cause:#}"), "acks are not taken in; their messages come again");
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
    let acks: Vec<Ack> = dropped.iter().chain(&said).filter_map(|text| serde_json::from_str(text).ok()).collect();
    let taken = async {
        let subscribers = relay.subscribers.now(&relay.bus, acks.iter().map(|ack| ack.stream.as_str())).await?;
        let txn = relay.db.begin().await?;
        let done = take_in(&txn, &acks, &subscribers).await?;
        txn.commit().await?;
        relay.in_flight.forget(done);
        Ok(())
    };
    let taken: Result<()> = taken.await;
    if let Err(failure) = taken {
        // If this process ends before they are put back, their messages are sent again, and acknowledged again.
        if !said.is_empty() {
            relay.bus.connection().rpush::<_, _, ()>(acks_key(relay.sender), &said).await?;
        }
        return Err(failure);
    }
    forget_dropped(relay, &dropped).await?;
    Ok(dropped.len().max(said.len()))
}

/// The oldest acks: those of dropped letters, which stay in their list, and the others, which are taken out of theirs.
async fn waiting(relay: &Relay) -> RedisResult<(Vec<String>, Vec<String>)> {
    let last = isize::try_from(AT_ONCE).unwrap_or(isize::MAX) - 1;
    redis::pipe()
        .lrange(dropped_key(relay.sender), 0, last)
        .lpop(acks_key(relay.sender), std::num::NonZeroUsize::new(AT_ONCE))
        .query_async(&mut relay.bus.connection())
        .await
}

/// Removes acks of dropped letters from their list. Another replica may have done so already.
async fn forget_dropped(relay: &Relay, dropped: &[String]) -> RedisResult<()> {
    if dropped.is_empty() {
        return Ok(());
    }
    let mut all = redis::pipe();
    for ack in dropped {
        all.lrem(dropped_key(relay.sender), 1, ack).ignore();
    }
    all.query_async(&mut relay.bus.connection()).await
}

/// Deletes messages that every group has acknowledged from the outbox, and writes down the acks of the others. Returns the
/// ids of the deleted messages.
async fn take_in<'a>(txn: &Txn, acks: &'a [Ack], subscribers: &Subscribers) -> Result<Vec<&'a str>> {
    let mut done: Vec<&str> = Vec::new();
    let mut partial: Vec<&Ack> = Vec::new();
    for ack in acks {
        let groups = subscribers.groups(&ack.stream);
        let alone = matches!(groups, [only] if *only == ack.group);
        if alone && ack.dead.is_none() {
            done.push(&ack.id);
        } else if groups.contains(&ack.group) {
            partial.push(ack);
        }
    }
    let awaited = hold(txn, partial.iter().map(|ack| ack.id.as_str())).await?;
    partial.retain(|ack| awaited.contains(&ack.id));
    let handled = note(txn, &partial).await?;
    let complete = |ack: &&&Ack| {
        let by = handled.get(&ack.id);
        subscribers.groups(&ack.stream).iter().all(|group| by.is_some_and(|by| by.contains(group)))
    };
    done.extend(partial.iter().filter(complete).map(|ack| ack.id.as_str()));
    if done.is_empty() {
        return Ok(done);
    }
    let ids = || done.iter().copied();
    outbox_row::Entity::delete_many().filter(outbox_row::Column::Id.among(ids())).exec(&**txn).await?;
    if !handled.is_empty() {
        delete_acks(txn, ids()).await?;
    }
    Ok(done)
}

/// Deletes the acks of these messages.
pub(super) async fn delete_acks<'a>(txn: &Txn, ids: impl Iterator<Item = &'a str>) -> Result<()> {
    ack_row::Entity::delete_many().filter(ack_row::Column::MessageId.among(ids)).exec(&**txn).await?;
    Ok(())
}

/// Locks the outbox rows of these messages, and returns the ids of those that exist. An ack of a deleted message is ignored.
///
/// Without the lock, two replicas that write two acks of one message at once would not see each other's, and the message
/// would stay in the outbox for ever. The second to get the lock sees both.
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

/// Writes acks of messages that have more than one group, or are dead letters. Returns, by message, the groups that have
/// handled it.
async fn note(txn: &Txn, acks: &[&Ack]) -> Result<HashMap<String, HashSet<String>>> {
    // A statement may not write a row twice. An ack without a dead letter is final, whatever other acks say.
    let mut newest: HashMap<(&str, &str), &Ack> = HashMap::new();
    for ack in acks {
        let last_word = newest.entry((&ack.id, &ack.group)).or_insert(ack);
        if last_word.dead.is_some() {
            *last_word = ack;
        }
    }
    if newest.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = newest.values().map(|ack| ack_row::ActiveModel {
        message_id: Set(ack.id.clone()),
        consumer: Set(ack.group.clone()),
        dead_entry: Set(ack.dead.clone()),
    });
    let last_word = OnConflict::columns([ack_row::Column::MessageId, ack_row::Column::Consumer])
        .update_column(ack_row::Column::DeadEntry)
        .action_and_where(Expr::col((ack_row::Entity, ack_row::Column::DeadEntry)).is_not_null())
        .to_owned();
    ack_row::Entity::insert_many(rows).on_conflict(last_word).exec_without_returning(&**txn).await?;
    let ids: HashSet<&str> = newest.keys().map(|(id, _)| *id).collect();
    let handled = ack_row::Entity::find()
        .filter(ack_row::Column::MessageId.among(ids))
        .filter(ack_row::Column::DeadEntry.is_null())
        .all(&**txn)
        .await?;
    let mut of_each: HashMap<String, HashSet<String>> = HashMap::new();
    for row in handled {
        of_each.entry(row.message_id).or_default().insert(row.consumer);
    }
    Ok(of_each)
}
