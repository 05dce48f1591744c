//! The two tables that make a message certain: `outbox` at the sender, `inbox` at the receiver.

use std::collections::HashSet;

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{Set, TryInsertResult};
use uuid::Uuid;

use super::ack::delete_acks;
use super::settings::later;
use super::{CommitNotifier, Message, Outgoing};
use crate::db::Among;
use crate::{Clock, Result, Txn};

pub(crate) mod outbox_row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "outbox")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub seq: i64,
        pub id: String,
        pub stream: String,
        pub kind: String,
        pub key: String,
        #[sea_orm(column_type = "Text")]
        pub body: String,
        /// Null until the message is on its stream.
        pub sent_at: Option<DateTimeUtc>,
        /// How often it was put there.
        pub attempts: i32,
        /// When any relay may take it: to publish it, or to look after it if no ack of its consumers has come by then.
        pub resend_at: Option<DateTimeUtc>,
        /// Where it lies on its stream; null until that is written down.
        pub entry: Option<String>,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod inbox_row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "inbox")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub consumer: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub message_id: String,
        pub handled_at: DateTimeUtc,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Engines take so many values in one statement.
const KEYS_AT_ONCE: usize = 500;

impl Txn {
    /// Sends a message with this transaction: it goes to `stream` when, and only when, the transaction commits.
    pub async fn send(&self, stream: &str, message: &Message) -> Result<()> {
        self.send_all(&[(stream, message)]).await
    }

    /// Sends messages, each to its stream, with one statement.
    pub async fn send_all(&self, messages: &[(&str, &Message)]) -> Result<()> {
        if messages.is_empty() {
            return Ok(());
        }
        let departing =
            messages.iter().map(|(stream, message)| outgoing(stream, message)).collect::<Result<Vec<_>>>()?;
        let notifier = self.attached::<CommitNotifier>();
        let head_start = notifier.head_start();
        let resend_at = later(Clock::system().now(), head_start);
        let rows = departing.iter().map(|message| outbox_row::ActiveModel {
            id: Set(message.id.clone()),
            stream: Set(message.stream.clone()),
            kind: Set(message.kind.clone()),
            key: Set(message.key.clone()),
            body: Set(message.body.clone()),
            sent_at: Set(None),
            attempts: Set(0),
            resend_at: Set(Some(resend_at)),
            entry: Set(None),
            ..Default::default()
        });
        outbox_row::Entity::insert_many(rows).exec_without_returning(&**self).await?;
        // Without a head start the rows are anybody's.
        if !head_start.is_zero() {
            self.after_commit(move || notifier.committed(departing));
        }
        Ok(())
    }

    /// Takes back messages of one kind about these keys that somebody has not handled yet, and says how many.
    pub async fn take_back(&self, kind: &str, keys: &[&str]) -> Result<u64> {
        let mut taken = 0;
        for some in keys.chunks(KEYS_AT_ONCE) {
            // The rows first: nobody notes an ack of one that is gone.
            let rows = outbox_row::Entity::delete_many()
                .filter(outbox_row::Column::Kind.eq(kind))
                .filter(outbox_row::Column::Key.among(some.iter().copied()))
                .exec_with_returning(&**self)
                .await?;
            if !rows.is_empty() {
                delete_acks(self, rows.iter().map(|row| row.id.as_str())).await?;
            }
            taken += rows.len() as u64;
        }
        Ok(taken)
    }

    /// Of these messages those that `consumer` has not handled before. From now on it has.
    pub async fn first_deliveries(&self, consumer: &str, messages: &[&Message]) -> Result<HashSet<Uuid>> {
        let ids: HashSet<Uuid> = messages.iter().map(|message| message.id).collect();
        if ids.is_empty() {
            return Ok(ids);
        }
        // In one order, so that two who write the same ids wait for each other one way round.
        let mut sorted: Vec<String> = ids.iter().map(Uuid::to_string).collect();
        sorted.sort_unstable();
        let handled_at = Clock::system().now();
        let rows = sorted.into_iter().map(|message_id| inbox_row::ActiveModel {
            consumer: Set(consumer.to_owned()),
            message_id: Set(message_id),
            handled_at: Set(handled_at),
        });
        // Whoever writes the same at once is waited for: what it commits is left out here.
        let new = inbox_row::Entity::insert_many(rows)
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .try_insert()
            .exec_with_returning_many(&**self)
            .await?;
        let TryInsertResult::Inserted(new) = new else { return Ok(HashSet::new()) };
        new.iter().map(|row| Ok(Uuid::parse_str(&row.message_id)?)).collect()
    }

    /// Acks a message as handled by `consumer`. False when it was handled before: then change nothing.
    pub async fn first_delivery(&self, consumer: &str, message: &Message) -> Result<bool> {
        let row = inbox_row::ActiveModel {
            consumer: Set(consumer.to_owned()),
            message_id: Set(message.id.to_string()),
            handled_at: Set(Clock::system().now()),
        };
        let inserted = inbox_row::Entity::insert(row)
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .try_insert()
            .exec_without_returning(&**self)
            .await?;
        Ok(matches!(inserted, TryInsertResult::Inserted(rows) if rows > 0))
    }
}

fn outgoing(stream: &str, message: &Message) -> Result<Outgoing> {
    Ok(Outgoing {
        id: message.id.to_string(),
        stream: stream.to_owned(),
        kind: message.kind.clone(),
        key: message.key.clone(),
        body: serde_json::to_string(&message.body)?,
        groups: None,
    })
}

impl outbox_row::Model {
    pub(super) fn outgoing(&self) -> Outgoing {
        let Self { id, stream, kind, key, body, .. } = self.clone();
        Outgoing { id, stream, kind, key, body, groups: None }
    }

    #[cfg(feature = "testing")]
    pub(crate) fn message(&self) -> Result<Message> {
        Ok(Message {
            id: uuid::Uuid::parse_str(&self.id)?,
            kind: self.kind.clone(),
            key: self.key.clone(),
            body: serde_json::from_str(&self.body)?,
        })
    }
}
