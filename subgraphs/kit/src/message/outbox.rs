//! The two tables that make a message certain: `outbox` at the sender, `inbox` at the receiver.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{Set, TryInsertResult};

use super::Message;
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
        /// When to look after it, if no mark of its consumers has come by then.
        pub resend_at: Option<DateTimeUtc>,
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

impl Txn {
    /// Sends a message with this transaction: it goes to `stream` when, and only when, the transaction commits.
    pub async fn send(&self, stream: &str, message: &Message) -> Result<()> {
        let row = outbox_row::ActiveModel {
            id: Set(message.id.to_string()),
            stream: Set(stream.to_owned()),
            kind: Set(message.kind.clone()),
            key: Set(message.key.clone()),
            body: Set(serde_json::to_string(&message.body)?),
            sent_at: Set(None),
            attempts: Set(0),
            resend_at: Set(None),
            ..Default::default()
        };
        outbox_row::Entity::insert(row).exec_without_returning(&**self).await?;
        self.sends();
        Ok(())
    }

    /// Marks a message as handled by `consumer`. False when it was handled before: then change nothing.
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

#[cfg(feature = "testing")]
impl outbox_row::Model {
    pub(crate) fn message(&self) -> Result<Message> {
        Ok(Message {
            id: uuid::Uuid::parse_str(&self.id)?,
            kind: self.kind.clone(),
            key: self.key.clone(),
            body: serde_json::from_str(&self.body)?,
        })
    }
}
