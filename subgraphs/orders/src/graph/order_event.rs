//! What has happened to an order.

use async_graphql::{ID, Object};
use chrono::{DateTime, Utc};
use vocab::OrderId;

use crate::order::Logged;

pub struct OrderEvent {
    pub order_id: OrderId,
    pub logged: Logged,
}

/// Something that happened to an order.
#[Object]
impl OrderEvent {
    /// The id of the event.
    async fn id(&self) -> ID {
        format!("{}-{}", self.order_id, self.logged.seq).into()
    }

    /// When it happened.
    async fn at(&self) -> DateTime<Utc> {
        self.logged.at
    }

    /// What happened in a word, such as `payment_captured`. New ones may come.
    async fn kind(&self) -> &'static str {
        self.logged.event.kind()
    }

    /// What happened, for people.
    async fn message(&self) -> String {
        self.logged.event.message()
    }
}
