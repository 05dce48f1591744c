//! What payments hears of orders: which of them are owed.

use async_trait::async_trait;
use kit::message::{Consume, Message};
use kit::{Failure, Result};
use serde::Deserialize;
use vocab::{Money, OrderId};

use crate::Store;

pub const ORDER_EVENTS: &str = "orders.events";

const CONFIRMED: &str = "order.confirmed.v1";
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

#[async_trait]
impl Consume for OrderEvents {
    async fn consume(&self, message: &Message) -> Result<()> {
        match message.kind.as_str() {
            CONFIRMED => {
                let Confirmed { order_id, total } = message.read()?;
                let total = match total {
                    Some(total) => total,
                    None => self.asked_of(&order_id).await?,
                };
                self.0.confirm_sale(message, &order_id, total).await
            }
            CANCELLED => {
                let Cancelled { order_id } = message.read()?;
                self.0.cancel_sale(message, &order_id).await
            }
            _ => Ok(()),
        }
    }
}

impl OrderEvents {
    /// An order that does not say its total owes what it asked us to take.
    async fn asked_of(&self, order_id: &OrderId) -> Result<Money> {
        let asked = self.0.payment_of(order_id).await?.and_then(|payment| payment.terms);
        let unknown = || Failure::fault(anyhow::anyhow!("{order_id} is confirmed, and nobody says what it owes"));
        Ok(asked.ok_or_else(unknown)?.amount)
    }
}
