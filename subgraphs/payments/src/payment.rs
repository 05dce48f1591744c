//! The payment of an order: what state it is in, what a command makes of it, and what that does to the books.

use chrono::{DateTime, Utc};
use kit::Owner;
use kit::messaging::external_command::{self, Aggregate};
use vocab::{Money, OrderId, PaymentId};

use crate::ledger::{Account, Posting};
use crate::token::PaymentToken;

/// Where a payment stands. The states that end in *-ing* are intentions: the gateway is being asked, or was asked by
/// somebody who crashed. It is asked again after what it has is looked up, and with the same key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    Authorizing,
    Authorized,
    Declined,
    Capturing,
    Captured,
    Voiding,
    Voided,
    Refunding,
    Refunded,
}

/// A move from one state to another, and what it does to the books.
pub struct Transition {
    pub from: State,
    pub to: State,
    pub posting: Option<Posting>,
}

const fn moves(from: State, to: State) -> Transition {
    Transition { from, to, posting: None }
}

const fn books(from: State, to: State, event: &'static str, debit: Account, credit: Account) -> Transition {
    Transition { from, to, posting: Some(Posting::new(event, debit, credit)) }
}

/// Every move there is. What is not listed cannot happen; no list of moves leads back.
pub const TRANSITIONS: &[Transition] = &[
    books(State::Authorizing, State::Authorized, "authorized", Account::Shopper, Account::Held),
    moves(State::Authorizing, State::Declined),
    moves(State::Authorized, State::Capturing),
    moves(State::Authorized, State::Voiding),
    books(State::Capturing, State::Captured, "captured", Account::Held, Account::Captured),
    books(State::Capturing, State::Declined, "lapsed", Account::Held, Account::Shopper),
    books(State::Voiding, State::Voided, "voided", Account::Held, Account::Shopper),
    // Somebody has captured it in the gateway's own dashboard: then it is refunded.
    books(State::Voiding, State::Captured, "captured", Account::Held, Account::Captured),
    moves(State::Captured, State::Refunding),
    books(State::Refunding, State::Refunded, "refunded", Account::Refunded, Account::Shopper),
];

const STATES: &[(State, &str)] = &[
    (State::Authorizing, "AUTHORIZING"),
    (State::Authorized, "AUTHORIZED"),
    (State::Declined, "DECLINED"),
    (State::Capturing, "CAPTURING"),
    (State::Captured, "CAPTURED"),
    (State::Voiding, "VOIDING"),
    (State::Voided, "VOIDED"),
    (State::Refunding, "REFUNDING"),
    (State::Refunded, "REFUNDED"),
];

impl State {
    pub fn as_str(self) -> &'static str {
        STATES.iter().find(|(state, _)| *state == self).map(|(_, name)| *name).expect("every state is listed")
    }

    /// Whether the gateway is being asked.
    pub fn is_under_way(self) -> bool {
        matches!(self, Self::Authorizing | Self::Capturing | Self::Voiding | Self::Refunding)
    }

    pub fn parse(name: &str) -> Option<Self> {
        STATES.iter().find(|(_, listed)| *listed == name).map(|(state, _)| *state)
    }
}

/// What `orders` may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    Authorize,
    Capture,
    Void,
}

/// What we ask the gateway for. With the order it makes the idempotency key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Authorize,
    Capture,
    Void,
    Refund,
}

/// What a command makes of a payment.
pub type Next = external_command::Next<State, Step, Reply>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    Authorized,
    Declined(Decline),
    Captured,
    Voided,
}

/// Why no money was taken: a code, and words for the shopper.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Decline {
    pub reason: String,
    pub message: String,
}

impl Decline {
    pub fn new(reason: impl Into<String>, message: impl Into<String>) -> Self {
        Self { reason: reason.into(), message: message.into() }
    }

    pub fn cancelled() -> Self {
        Self::new("cancelled", "The order was cancelled, so nothing is charged.")
    }

    /// The code is the gateway's own for what has lapsed.
    pub fn released() -> Self {
        let message = "The authorization is held no more: the charge can no longer be captured.";
        Self::new("charge_expired_for_capture", message)
    }

    pub fn not_authorized() -> Self {
        Self::new("not_authorized", "No payment was authorized for this order, so nothing can be charged.")
    }
}

/// What the order asked for when it asked for money.
#[derive(Clone, Debug)]
pub struct Terms {
    pub owner: Owner,
    pub amount: Money,
    /// None where what was given is no token, and so not kept.
    pub token: Option<PaymentToken>,
}

/// What the gateway knows the payment by, and what may be shown of the card.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Charge {
    pub reference: String,
    /// Who moves the money, as shoppers may see it.
    pub provider: String,
    pub brand: String,
    pub last4: String,
}

/// The payment of an order.
#[derive(Clone, Debug)]
pub struct Payment {
    pub id: PaymentId,
    pub order_id: OrderId,
    pub state: State,
    /// None when the order was cancelled before it asked for money.
    pub terms: Option<Terms>,
    /// Once the gateway has authorized.
    pub charge: Option<Charge>,
    pub decline: Option<Decline>,
    pub created_at: DateTime<Utc>,
    /// Whether the gateway may have been asked already for what is intended, by a call that nobody knows the answer of.
    /// Not kept: so it is whenever an intention is read back.
    pub in_doubt: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the payment of {order_id} cannot go from {from:?} to {to:?}")]
pub struct NoSuchMove {
    order_id: OrderId,
    from: State,
    to: State,
}

impl Payment {
    /// A payment that is about to be authorized.
    pub fn new(order_id: OrderId, terms: Terms, created_at: DateTime<Utc>) -> Self {
        Self { state: State::Authorizing, terms: Some(terms), ..Self::barred(order_id, created_at) }
    }

    /// A payment that is declined before anybody is asked.
    pub fn declined(self, decline: Decline) -> Self {
        Self { state: State::Declined, decline: Some(decline), ..self }
    }

    /// The bar against a payment of an order that was cancelled first.
    pub fn barred(order_id: OrderId, created_at: DateTime<Utc>) -> Self {
        let id = id_of(&order_id);
        let (state, in_doubt) = (State::Voided, false);
        Self { id, order_id, state, terms: None, charge: None, decline: None, created_at, in_doubt }
    }

    /// What came of the authorization. The same for ever, whatever happened to the money since.
    fn authorization(&self) -> Reply {
        match &self.charge {
            Some(_) => Reply::Authorized,
            None => Reply::Declined(self.why_declined()),
        }
    }

    fn why_declined(&self) -> Decline {
        self.decline.clone().unwrap_or_else(Decline::cancelled)
    }

    /// Moves on, and says what that does to the books.
    pub fn enter(&mut self, to: State) -> Result<Option<Posting>, NoSuchMove> {
        let from = self.state;
        let listed = TRANSITIONS.iter().find(|transition| transition.from == from && transition.to == to);
        let Some(transition) = listed else {
            return Err(NoSuchMove { order_id: self.order_id.clone(), from, to });
        };
        self.state = to;
        self.in_doubt = false;
        Ok(transition.posting)
    }

    /// How much of the amount has been given back, in minor units.
    pub fn refunded_minor(&self) -> i64 {
        match (self.state, &self.terms) {
            (State::Refunded, Some(terms)) => terms.amount.minor,
            _ => 0,
        }
    }
}

impl Aggregate for Payment {
    type Key = OrderId;
    type Command = Command;
    type State = State;
    type Step = Step;
    type Reply = Reply;

    fn key(&self) -> &OrderId {
        &self.order_id
    }

    fn state(&self) -> State {
        self.state
    }

    /// What is next on the way to fulfil `command`. Whatever is in doubt is settled first: an intention that may have
    /// reached the gateway is looked up there, or asked for again, before anything else is decided.
    fn next(&self, command: Command) -> Next {
        use Command::{Authorize, Capture, Void};
        match (self.state, command) {
            (State::Authorizing, _) => Next::Ask(Step::Authorize),
            (_, Authorize) => Next::Answer(self.authorization()),
            (State::Capturing, _) => Next::Ask(Step::Capture),
            (State::Authorized, Capture) => Next::Enter(State::Capturing),
            (State::Captured | State::Refunding | State::Refunded, Capture) => Next::Answer(Reply::Captured),
            (State::Declined, Capture) => Next::Answer(Reply::Declined(self.why_declined())),
            (State::Voiding | State::Voided, Capture) => Next::Answer(Reply::Declined(Decline::cancelled())),
            (State::Authorized, Void) => Next::Enter(State::Voiding),
            (State::Captured, Void) => Next::Enter(State::Refunding),
            (State::Voiding, Void) => Next::Ask(Step::Void),
            (State::Refunding, Void) => Next::Ask(Step::Refund),
            (State::Voided | State::Refunded | State::Declined, Void) => Next::Answer(Reply::Voided),
        }
    }
}

/// An order has one payment, so the order's key is the payment's too.
pub fn id_of(order_id: &OrderId) -> PaymentId {
    let key = order_id.as_str().split_once('_').map_or(order_id.as_str(), |(_, key)| key);
    PaymentId::of_key(key)
}

#[cfg(test)]
mod tests;
