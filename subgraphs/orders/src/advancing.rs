//! Moving an order on: read what is under way for it, decide, and keep the decision with all that follows from it in one
//! transaction.

mod points;

use kit::message::Message;
use kit::{Failure, Result, Txn};
use vocab::OrderId;

use crate::cancellation::Cancellation;
use crate::cart::CartState;
use crate::checkout::Checkout;
use crate::order::{Logged, Order, OrderEvent};
use crate::saga::{Course, Effect, Event, What, Whole};
use crate::store::Store;
use crate::wire;

/// How often to start over when somebody else decides first. Answers to one order come one by one, so twice is much.
pub(crate) const TRIES: usize = 10;

/// As what the answers are marked as handled.
const CONSUMER: &str = "orders";

enum Landed {
    Yes,
    Overtaken,
}

/// All that is kept of one order.
pub(crate) struct InHand {
    pub order: Order,
    pub checkout: Checkout,
    pub cancellation: Option<Cancellation>,
}

impl InHand {
    pub(crate) fn whole(&self) -> Whole {
        let cancelling = self.cancellation.as_ref().map(|cancellation| cancellation.saga.clone());
        Whole { checkout: self.checkout.saga.clone(), cancelling }
    }
}

impl Store {
    /// Takes in how a step went. The same answer again changes nothing.
    pub(crate) async fn hear(&self, message: &Message) -> Result<()> {
        let Some((order_id, reply)) = wire::reply(message)? else {
            return Err(Failure::fault(anyhow::anyhow!("`{}` is no answer that a checkout knows", message.kind)));
        };
        self.advance(&order_id, &What::Replied(reply), Some(message)).await
    }

    /// Takes in where the parcel is.
    pub(crate) async fn follow_parcel(&self, message: &Message) -> Result<()> {
        match wire::parcel(message)? {
            Some((order_id, what)) => self.advance(&order_id, &what, Some(message)).await,
            None => Ok(()),
        }
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
        let Some(hand) = Self::in_hand(&txn, order_id).await? else {
            return Err(Failure::fault(anyhow::anyhow!("there is no checkout of {order_id}")));
        };
        if self.decide(&txn, hand, what, None).await?.is_none() {
            return Ok(Landed::Overtaken);
        }
        points::before_commit(what);
        txn.commit().await?;
        points::after_commit(what);
        Ok(Landed::Yes)
    }

    /// What has become of the order when `what` is taken in. None when somebody else has decided meanwhile.
    pub(crate) async fn decide(
        &self,
        txn: &Txn,
        hand: InHand,
        what: &What,
        reason: Option<&str>,
    ) -> Result<Option<InHand>> {
        let now = self.clock.now();
        let before = hand.whole();
        let (whole, effects) = before.advance(&Event { at: now, what: what.clone() });
        if whole == before && effects.is_empty() {
            return Ok(Some(hand));
        }
        let InHand { order, checkout, cancellation } = hand;
        let mut checkout = Checkout { saga: whole.checkout, ..checkout };
        if !checkout.saga.may_authorize() {
            checkout.payment_method_token = None;
        }
        // The checkout's row fences the order as a whole, even where it stays as it is.
        if !Self::keep_checkout(txn, &checkout).await? {
            return Ok(None);
        }
        let cancellation = match (cancellation, whole.cancelling) {
            (Some(kept), Some(saga)) if kept.saga != saga => {
                let decided = Cancellation { saga, ..kept };
                if !Self::keep_cancellation(txn, &decided).await? {
                    return Ok(None);
                }
                Some(decided)
            }
            (None, Some(saga)) => {
                let reason = reason.map(str::to_owned);
                let begun = Cancellation { order_id: order.id.clone(), reason, saga, version: 1, started_at: now };
                Self::insert_cancellation(txn, &begun).await?;
                Some(begun)
            }
            (kept, _) => kept,
        };
        let order = self.carry_out(txn, order, &checkout, &effects).await?;
        Ok(Some(InHand { order, checkout, cancellation }))
    }

    /// Writes the order's log and sends the commands, all with the transaction of the decision.
    pub(crate) async fn carry_out(
        &self,
        txn: &Txn,
        mut order: Order,
        checkout: &Checkout,
        effects: &[Effect],
    ) -> Result<Order> {
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
        Self::log(txn, &order, &logged).await?;
        Ok(order)
    }

    /// What an event means for the order's cart, and who else hears of it.
    async fn announce(txn: &Txn, order: &Order, checkout: &Checkout, event: &OrderEvent) -> Result<()> {
        let message = match event {
            OrderEvent::Placed { .. } => wire::placed(order)?,
            OrderEvent::Confirmed => return Self::set_cart_state(txn, checkout, CartState::Closed).await,
            // Nobody is to act on an order whose units may turn out to be gone: no parcel leaves for it.
            OrderEvent::StockSettled => wire::confirmed(order)?,
            OrderEvent::Completed => wire::completed(order)?,
            OrderEvent::Cancelled { reason } => {
                // The cart of an order that stood once has become that order.
                if checkout.saga.course == Course::Cancelled {
                    Self::set_cart_state(txn, checkout, CartState::Open).await?;
                }
                wire::cancelled(order, reason)?
            }
            _ => return Ok(()),
        };
        txn.send("orders.events", &message).await
    }
}
