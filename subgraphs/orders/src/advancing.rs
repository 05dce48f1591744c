//! Moving orders on: read what is under way for them, decide, and keep the decisions with all that follows from them in
//! one transaction. What arrives together is decided together, and costs no more statements than one alone.

mod points;

use contracts::shipping::ShippingEvent;
use kit::messaging::Message;
use kit::{Failure, Result, Txn};
use vocab::OrderId;

use crate::loaded_order::LoadedOrder;
use crate::messages;
use crate::saga::Event;
use crate::store::Store;

/// How often to start over when somebody else decides first. Answers to one order come one by one, so twice is much.
pub(crate) const TRIES: usize = 10;

/// As what the answers are marked as handled.
const CONSUMER: &str = "orders";

/// An event, the order that it concerns, and the message that brought it.
struct OrderSignal<'a> {
    order_id: OrderId,
    what: Event,
    /// `None` for a deadline.
    message: Option<&'a Message>,
}

impl Store {
    /// Handles replies to steps. A reply that comes again changes nothing.
    pub(crate) async fn handle_replies(&self, messages: &[Message]) -> Result<()> {
        let heard = messages.iter().map(|message| {
            let unknown = || Failure::fault(anyhow::anyhow!("`{}` is no answer that a checkout knows", message.kind));
            let (order_id, reply) = messages::reply(message)?.ok_or_else(unknown)?;
            Ok(OrderSignal { order_id, what: Event::Replied(reply), message: Some(message) })
        });
        self.advance(heard.collect::<Result<Vec<_>>>()?).await
    }

    /// Handles where a parcel is.
    pub(crate) async fn handle_parcel_event(&self, message: &Message, event: &ShippingEvent) -> Result<()> {
        match messages::parcel(event) {
            Some((order_id, what)) => self.advance(vec![OrderSignal { order_id, what, message: Some(message) }]).await,
            None => Ok(()),
        }
    }

    /// Handles a deadline: the reply to a step is late.
    pub(crate) async fn handle_deadline(&self, order_id: &OrderId) -> Result<()> {
        let (order_id, what) = (order_id.clone(), Event::DeadlinePassed);
        self.advance(vec![OrderSignal { order_id, what, message: None }]).await
    }

    async fn advance(&self, heard: Vec<OrderSignal<'_>>) -> Result<()> {
        for _ in 0..TRIES {
            if self.try_to_advance(&heard).await? {
                return Ok(());
            }
        }
        Err(Failure::fault(anyhow::anyhow!("{} orders were overtaken {TRIES} times", heard.len())))
    }

    /// False when another process has decided meanwhile: then nothing is written.
    async fn try_to_advance(&self, heard: &[OrderSignal<'_>]) -> Result<bool> {
        let txn = self.db.begin().await?;
        let messages: Vec<&Message> = heard.iter().filter_map(|one| one.message).collect();
        let mut new = txn.first_deliveries(CONSUMER, &messages).await?;
        // If a message comes twice in one batch, the first counts.
        let new: Vec<&OrderSignal> = heard.iter().filter(|one| one.message.is_none_or(|m| new.remove(&m.id))).collect();
        if new.is_empty() {
            txn.rollback().await?;
            return Ok(true);
        }
        let mut loaded_orders = Self::load_all_for_update(&txn, new.iter().map(|one| &one.order_id)).await?;
        let now = self.clock.now();
        for one in &new {
            let loaded = loaded_orders.get_mut(&one.order_id);
            let missing = || Failure::fault(anyhow::anyhow!("there is no checkout of {}", one.order_id));
            loaded.ok_or_else(missing)?.apply(&one.what, now, None)?;
        }
        if !self.save(&txn, loaded_orders.values().collect()).await? {
            return Ok(false);
        }
        new.iter().for_each(|one| points::before_commit(&one.what));
        txn.commit().await?;
        new.iter().for_each(|one| points::after_commit(&one.what));
        Ok(true)
    }

    /// Writes the decisions on these orders. False when another process has decided on one of them meanwhile.
    pub(crate) async fn save(&self, txn: &Txn, loaded_orders: Vec<&LoadedOrder>) -> Result<bool> {
        let decided: Vec<&LoadedOrder> = loaded_orders.into_iter().filter(|loaded| loaded.pending.decided).collect();
        if decided.is_empty() {
            return Ok(true);
        }
        if !Self::save_checkouts(txn, decided.iter().map(|loaded| &loaded.checkout)).await? {
            return Ok(false);
        }
        for loaded in &decided {
            if !Self::write_cancellation(txn, loaded).await? {
                return Ok(false);
            }
        }
        Self::save_lifecycles(txn, decided.iter().map(|loaded| &loaded.order)).await?;
        Self::write_down(txn, &decided).await?;
        Ok(true)
    }

    /// Writes logs, sends messages and moves carts.
    pub(crate) async fn write_down(txn: &Txn, loaded_orders: &[&LoadedOrder]) -> Result<()> {
        Self::log(txn, loaded_orders).await?;
        Self::set_cart_states(txn, loaded_orders).await?;
        let messages = loaded_orders.iter().flat_map(|loaded| &loaded.pending.messages);
        let messages: Vec<(&str, &Message)> = messages.map(|(stream, message)| (*stream, message)).collect();
        txn.send_all(&messages).await
    }
}
