//! Moving a checkout on: read it, decide, and keep the decision with all that follows from it in one transaction.

use kit::message::Message;
use kit::{Failure, Result, Txn};
use vocab::OrderId;

use crate::cart::CartState;
use crate::checkout::Checkout;
use crate::order::{Logged, Order, OrderEvent};
use crate::saga::{self, Effect, Event, Transition, What};
use crate::store::Store;
use crate::wire;

/// How often to start over when somebody else decides first. Answers to one order come one by one, so twice is much.
const TRIES: usize = 10;

/// As what the answers are marked as handled.
const CONSUMER: &str = "orders";

enum Landed {
    Yes,
    Overtaken,
}

impl Store {
    /// Takes in how a step went. The same answer again changes nothing.
    pub(crate) async fn hear(&self, message: &Message) -> Result<()> {
        let Some((order_id, reply)) = wire::reply(message)? else {
            return Err(Failure::fault(anyhow::anyhow!("`{}` is no answer that a checkout knows", message.kind)));
        };
        self.advance(&order_id, &What::Replied(reply), Some(message)).await
    }

    /// Takes in that the answer to a step is late.
    pub(crate) async fn run_out_of_time(&self, order_id: &OrderId) -> Result<()> {
        self.advance(order_id, &What::DeadlinePassed, None).await
    }

    async fn advance(&self, order_id: &OrderId, what: &What, message: Option<&Message>) -> Result<()> {
        for _ in 0..TRIES {
            if let Landed::Yes = self.try_to_advance(order_id, what, message).await? {
                return Ok(());
            }
        }
        Err(Failure::fault(anyhow::anyhow!("the checkout of {order_id} was overtaken {TRIES} times")))
    }

    async fn try_to_advance(&self, order_id: &OrderId, what: &What, message: Option<&Message>) -> Result<Landed> {
        let txn = self.db.begin().await?;
        if let Some(message) = message
            && !txn.first_delivery(CONSUMER, message).await?
        {
            return Ok(Landed::Yes);
        }
        let Some((checkout, order)) = Self::checkout_in_hand(&txn, order_id).await? else {
            return Err(Failure::fault(anyhow::anyhow!("there is no checkout of {order_id}")));
        };
        let event = Event { at: self.clock.now(), what: what.clone() };
        let Transition { state, effects } = saga::step(&checkout.saga, event);
        if state == checkout.saga && effects.is_empty() {
            txn.commit().await?;
            return Ok(Landed::Yes);
        }
        let mut decided = Checkout { saga: state, ..checkout };
        if !decided.saga.may_authorize() {
            decided.payment_method_token = None;
        }
        if !Self::keep_checkout(&txn, &decided).await? {
            return Ok(Landed::Overtaken);
        }
        self.carry_out(&txn, order, &decided, &effects).await?;
        txn.commit().await?;
        Ok(Landed::Yes)
    }

    /// Writes the order's log and sends the commands, all with the transaction of the decision.
    pub(crate) async fn carry_out(
        &self,
        txn: &Txn,
        mut order: Order,
        checkout: &Checkout,
        effects: &[Effect],
    ) -> Result<()> {
        let mut logged = Vec::new();
        for effect in effects {
            match effect {
                Effect::Record(event) => {
                    order.apply(event)?;
                    logged.push(Logged { seq: order.version, at: self.clock.now(), event: event.clone() });
                    Self::announce(txn, &order, checkout, event).await?;
                }
                Effect::Send(step) => {
                    if let Some((stream, command)) = wire::command(*step, &order, checkout)? {
                        txn.send(stream, &command).await?;
                    }
                }
            }
        }
        Self::log(txn, &order, &logged).await
    }

    /// What the end of a checkout means for its cart, and who else hears of it.
    async fn announce(txn: &Txn, order: &Order, checkout: &Checkout, event: &OrderEvent) -> Result<()> {
        match event {
            OrderEvent::Confirmed => {
                Self::set_cart_state(txn, checkout, CartState::Closed).await?;
                txn.send("orders.events", &wire::confirmed(order)?).await
            }
            OrderEvent::Cancelled { reason } => {
                Self::set_cart_state(txn, checkout, CartState::Open).await?;
                txn.send("orders.events", &wire::cancelled(order, reason)?).await
            }
            _ => Ok(()),
        }
    }
}
