//! Handles the events of orders: which of them are owed, and whose they are.

use std::collections::HashSet;

use async_trait::async_trait;
use contracts::Family;
use contracts::orders::OrderEvent;
use kit::messaging::{Message, MessageHandler};
use kit::{Failure, Result};
use vocab::{Money, OrderId};

use crate::Store;
use crate::store::{SaleChange, SaleEvent};

pub use contracts::stream::ORDER_EVENTS;

const HEARD: &[&str] = &[OrderEvent::CONFIRMED, OrderEvent::CLAIMED, OrderEvent::CANCELLED];

/// Handles `orders.events`.
#[derive(Clone)]
pub struct OrderEvents(pub Store);

#[async_trait]
impl MessageHandler for OrderEvents {
    async fn handle(&self, message: &Message) -> Result<()> {
        match OrderEvent::decode_only(message, HEARD)? {
            Some(OrderEvent::Claimed(claimed)) => {
                self.0.hear_of_owner(&claimed.order_id, &claimed.owner, claimed.owner_version).await
            }
            Some(event) => self.0.apply_sale_events(self.read(message, event).await?.as_slice()).await,
            None => Ok(()),
        }
    }

    /// Events that come twice in one batch are handled one by one.
    async fn handle_batch(&self, messages: &[Message]) -> Result<bool> {
        let ids: HashSet<(&str, &str)> = messages.iter().map(|one| (one.key.as_str(), one.kind.as_str())).collect();
        if ids.len() < messages.len() {
            return Ok(false);
        }
        let mut sales = Vec::with_capacity(messages.len());
        for message in messages {
            match OrderEvent::decode_only(message, HEARD)? {
                Some(OrderEvent::Claimed(_)) => return Ok(false),
                Some(event) => sales.extend(self.read(message, event).await?),
                None => {}
            }
        }
        self.0.apply_sale_events(&sales).await.map(|()| true)
    }
}

impl OrderEvents {
    /// `None` for an event that changes nothing here.
    async fn read<'a>(&self, message: &'a Message, event: OrderEvent) -> Result<Option<SaleEvent<'a>>> {
        let (order_id, news) = match event {
            OrderEvent::Confirmed(confirmed) => {
                let total = match confirmed.total {
                    Some(total) => total,
                    None => self.asked_of(&confirmed.order_id).await?,
                };
                (confirmed.order_id, SaleChange::Confirmed { total })
            }
            OrderEvent::Cancelled(cancelled) => (cancelled.order_id, SaleChange::Cancelled),
            OrderEvent::Placed(_) | OrderEvent::Claimed(_) | OrderEvent::Completed(_) => return Ok(None),
        };
        Ok(Some(SaleEvent { message, order_id, news }))
    }

    /// The total of an order whose event does not say it: the amount that it asked payments to authorize.
    async fn asked_of(&self, order_id: &OrderId) -> Result<Money> {
        let asked = self.0.payment_of(order_id).await?.and_then(|payment| payment.terms);
        let unknown = || Failure::fault(anyhow::anyhow!("{order_id} is confirmed, and nobody says what it owes"));
        Ok(asked.ok_or_else(unknown)?.amount)
    }
}
