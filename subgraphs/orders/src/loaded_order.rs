//! An order loaded for update: its rows, and the pending writes that decisions on it lead to.

use chrono::{DateTime, Utc};
use contracts::stream;
use kit::Result;
use kit::messaging::Message;

use crate::cancellation::Cancellation;
use crate::cart::CartState;
use crate::checkout::Checkout;
use crate::messages;
use crate::order::{Logged, Order, OrderEvent};
use crate::saga::{Effect, Event, EventAt, OrderProcess, Phase};

/// Why an order is cancelled that has arrived, as `order.cancelled.v1` says it.
const REFUNDED: &str = "refunded";

/// One order with its checkout and its cancellation, locked by the transaction that loaded it.
#[derive(Debug)]
pub(crate) struct LoadedOrder {
    pub order: Order,
    pub checkout: Checkout,
    pub cancellation: Option<Cancellation>,
    pub pending: PendingWrites,
}

/// What was decided, and is to be written with the transaction.
#[derive(Debug, Default)]
pub(crate) struct PendingWrites {
    /// Whether anything was decided. The checkout's row fences the order as a whole, even where it stays as it is.
    pub decided: bool,
    pub cancellation: RowChange,
    pub logged: Vec<Logged>,
    pub messages: Vec<(&'static str, Message)>,
    /// What becomes of the cart.
    pub cart: Option<CartState>,
}

/// How a row is to be written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum RowChange {
    #[default]
    Nothing,
    Begun,
    Changed,
}

impl LoadedOrder {
    pub(crate) fn new(order: Order, checkout: Checkout, cancellation: Option<Cancellation>) -> Self {
        Self { order, checkout, cancellation, pending: PendingWrites::default() }
    }

    pub(crate) fn process(&self) -> OrderProcess {
        let cancelling = self.cancellation.as_ref().map(|cancellation| cancellation.saga.clone());
        OrderProcess { checkout: self.checkout.saga.clone(), cancelling }
    }

    /// Applies an event. `reason` is why a cancellation was requested.
    pub(crate) fn apply(&mut self, what: &Event, now: DateTime<Utc>, reason: Option<&str>) -> Result<()> {
        let before = self.process();
        let (process, effects) = before.advance(&EventAt { at: now, event: what.clone() });
        if process == before && effects.is_empty() {
            return Ok(());
        }
        self.pending.decided = true;
        self.checkout.saga = process.checkout;
        if !self.checkout.saga.may_authorize() {
            self.checkout.payment_method_token = None;
        }
        match (&mut self.cancellation, process.cancelling) {
            (Some(kept), Some(saga)) if kept.saga != saga => {
                kept.saga = saga;
                if self.pending.cancellation == RowChange::Nothing {
                    self.pending.cancellation = RowChange::Changed;
                }
            }
            (none @ None, Some(saga)) => {
                let (order_id, reason) = (self.order.id.clone(), reason.map(str::to_owned));
                *none = Some(Cancellation { order_id, reason, saga, version: 1, started_at: now });
                self.pending.cancellation = RowChange::Begun;
            }
            _ => {}
        }
        self.apply_effects(&effects, now)
    }

    /// Applies effects: records events of the order, and collects the commands to send.
    pub(crate) fn apply_effects(&mut self, effects: &[Effect], now: DateTime<Utc>) -> Result<()> {
        for effect in effects {
            match effect {
                Effect::Record(event) => {
                    self.order.apply(event)?;
                    let logged = Logged { seq: self.order.version, at: now, event: event.clone() };
                    self.pending.logged.push(logged);
                    self.announce(event)?;
                }
                Effect::Send(step) => {
                    self.pending.messages.extend(messages::command(*step, &self.order, &self.checkout)?);
                }
            }
        }
        Ok(())
    }

    /// What an event of the order means for its cart, and the message that tells other subgraphs of it.
    fn announce(&mut self, event: &OrderEvent) -> Result<()> {
        let message = match event {
            OrderEvent::Placed { .. } => messages::placed(&self.order)?,
            OrderEvent::Confirmed => {
                self.order.confirmed_at = self.pending.logged.last().map(|logged| logged.at);
                self.pending.cart = Some(CartState::Closed);
                return Ok(());
            }
            // Others are told only now: before, the units might have turned out to be gone.
            OrderEvent::StockSettled => messages::confirmed(&self.order)?,
            OrderEvent::Completed => messages::completed(&self.order)?,
            OrderEvent::Cancelled { reason } => {
                // The cart of an order that stood once has become that order.
                if self.checkout.saga.course == Phase::Cancelled {
                    self.pending.cart = Some(CartState::Open);
                }
                messages::cancelled(&self.order, reason)?
            }
            OrderEvent::Refunded => messages::cancelled(&self.order, REFUNDED)?,
            _ => return Ok(()),
        };
        self.pending.messages.push((stream::ORDER_EVENTS, message));
        Ok(())
    }
}
