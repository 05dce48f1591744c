//! An order in hand: all that is kept of it, and what a decision on it leads to, gathered until it is written.

use chrono::{DateTime, Utc};
use kit::Result;
use kit::messaging::Message;

use crate::cancellation::Cancellation;
use crate::cart::CartState;
use crate::checkout::Checkout;
use crate::order::{Logged, Order, OrderEvent};
use crate::saga::{Course, Effect, Event, What, Whole};
use crate::wire;

/// Why an order is cancelled that has arrived, as `order.cancelled.v1` says it.
const REFUNDED: &str = "refunded";

/// All that is kept of one order.
#[derive(Debug)]
pub(crate) struct InHand {
    pub order: Order,
    pub checkout: Checkout,
    pub cancellation: Option<Cancellation>,
    pub unwritten: Unwritten,
}

/// What has been decided and is to be written with the transaction.
#[derive(Debug, Default)]
pub(crate) struct Unwritten {
    /// Whether anything was decided. The checkout's row fences the order as a whole, even where it stays as it is.
    pub decided: bool,
    pub cancellation: Change,
    pub logged: Vec<Logged>,
    pub messages: Vec<(&'static str, Message)>,
    /// What becomes of the cart.
    pub cart: Option<CartState>,
}

/// What is to be written of a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Change {
    #[default]
    Nothing,
    Begun,
    Changed,
}

impl InHand {
    pub(crate) fn new(order: Order, checkout: Checkout, cancellation: Option<Cancellation>) -> Self {
        Self { order, checkout, cancellation, unwritten: Unwritten::default() }
    }

    pub(crate) fn whole(&self) -> Whole {
        let cancelling = self.cancellation.as_ref().map(|cancellation| cancellation.saga.clone());
        Whole { checkout: self.checkout.saga.clone(), cancelling }
    }

    /// Decides what `what` leads to. `reason` is why somebody wants the order cancelled.
    pub(crate) fn take_in(&mut self, what: &What, now: DateTime<Utc>, reason: Option<&str>) -> Result<()> {
        let before = self.whole();
        let (whole, effects) = before.advance(&Event { at: now, what: what.clone() });
        if whole == before && effects.is_empty() {
            return Ok(());
        }
        self.unwritten.decided = true;
        self.checkout.saga = whole.checkout;
        if !self.checkout.saga.may_authorize() {
            self.checkout.payment_method_token = None;
        }
        match (&mut self.cancellation, whole.cancelling) {
            (Some(kept), Some(saga)) if kept.saga != saga => {
                kept.saga = saga;
                if self.unwritten.cancellation == Change::Nothing {
                    self.unwritten.cancellation = Change::Changed;
                }
            }
            (none @ None, Some(saga)) => {
                let (order_id, reason) = (self.order.id.clone(), reason.map(str::to_owned));
                *none = Some(Cancellation { order_id, reason, saga, version: 1, started_at: now });
                self.unwritten.cancellation = Change::Begun;
            }
            _ => {}
        }
        self.carry_out(&effects, now)
    }

    /// Takes effects into the order's log, and says what is to be sent.
    pub(crate) fn carry_out(&mut self, effects: &[Effect], now: DateTime<Utc>) -> Result<()> {
        for effect in effects {
            match effect {
                Effect::Record(event) => {
                    self.order.apply(event)?;
                    let logged = Logged { seq: self.order.version, at: now, event: event.clone() };
                    self.unwritten.logged.push(logged);
                    self.announce(event)?;
                }
                Effect::Send(step) => {
                    self.unwritten.messages.extend(wire::command(*step, &self.order, &self.checkout)?);
                }
            }
        }
        Ok(())
    }

    /// What an event means for the order's cart, and who else hears of it.
    fn announce(&mut self, event: &OrderEvent) -> Result<()> {
        let message = match event {
            OrderEvent::Placed { .. } => wire::placed(&self.order)?,
            OrderEvent::Confirmed => {
                self.order.confirmed_at = self.unwritten.logged.last().map(|logged| logged.at);
                self.unwritten.cart = Some(CartState::Closed);
                return Ok(());
            }
            // Nobody is to act on an order whose units may turn out to be gone: no parcel leaves for it.
            OrderEvent::StockSettled => wire::confirmed(&self.order)?,
            OrderEvent::Completed => wire::completed(&self.order)?,
            OrderEvent::Cancelled { reason } => {
                // The cart of an order that stood once has become that order.
                if self.checkout.saga.course == Course::Cancelled {
                    self.unwritten.cart = Some(CartState::Open);
                }
                wire::cancelled(&self.order, reason)?
            }
            OrderEvent::Refunded => wire::cancelled(&self.order, REFUNDED)?,
            _ => return Ok(()),
        };
        self.unwritten.messages.push(("orders.events", message));
        Ok(())
    }
}
