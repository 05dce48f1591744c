//! What payments hears of orders: which of them are owed.

use std::collections::HashSet;

use async_trait::async_trait;
use kit::messaging::{Message, MessageHandler};
use kit::{Failure, Owner, Result};
use serde::Deserialize;
use vocab::{Money, OrderId};

use crate::Store;
use crate::store::{SaleChange, SaleEvent};

pub const ORDER_EVENTS: &str = "orders.events";

const CONFIRMED: &str = "order.confirmed.v1";
const CLAIMED: &str = "order.claimed.v1";
const CANCELLED: &str = "order.cancelled.v1";

/// Hears what became of orders.
#[derive(Clone)]
pub struct OrderEvents(pub Store);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Confirmed {
    order_id: OrderId,
    /// Not said by older senders.
    total: Option<Money>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cancelled {
    order_id: OrderId,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Claimed {
    order_id: OrderId,
    owner: Owner,
    owner_version: i32,
}

#[async_trait]
impl MessageHandler for OrderEvents {
    async fn handle(&self, message: &Message) -> Result<()> {
        if message.kind == CLAIMED {
            let Claimed { order_id, owner, owner_version } = message.read()?;
            return self.0.hear_of_owner(&order_id, &owner, owner_version).await;
        }
        self.0.apply_sale_events(self.read(message).await?.as_slice()).await
    }

    /// What comes twice at once is heard one by one.
    async fn handle_batch(&self, messages: &[Message]) -> Result<bool> {
        let ids: HashSet<(&str, &str)> = messages.iter().map(|one| (one.key.as_str(), one.kind.as_str())).collect();
        if ids.len() < messages.len() || messages.iter().any(|one| one.kind == CLAIMED) {
            return Ok(false);
        }
        let mut heard = Vec::with_capacity(messages.len());
        for message in messages {
            heard.extend(self.read(message).await?);
        }
        self.0.apply_sale_events(&heard).await.map(|()| true)
    }
}

impl OrderEvents {
    /// None when it is nothing that matters here.
    async fn read<'a>(&self, message: &'a Message) -> Result<Option<SaleEvent<'a>>> {
        let (order_id, news) = match message.kind.as_str() {
            CONFIRMED => {
                let Confirmed { order_id, total } = message.read()?;
                let total = match total {
                    Some(total) => total,
                    None => self.asked_of(&order_id).await?,
                };
                (order_id, SaleChange::Confirmed { total })
            }
            CANCELLED => (message.read::<Cancelled>()?.order_id, SaleChange::Cancelled),
            _ => return Ok(None),
        };
        Ok(Some(SaleEvent { message, order_id, news }))
    }

    /// An order that does not say its total owes what it asked us to take.
    async fn asked_of(&self, order_id: &OrderId) -> Result<Money> {
        let asked = self.0.payment_of(order_id).await?.and_then(|payment| payment.terms);
        let unknown = || Failure::fault(anyhow::anyhow!("{order_id} is confirmed, and nobody says what it owes"));
        Ok(asked.ok_or_else(unknown)?.amount)
    }
}
