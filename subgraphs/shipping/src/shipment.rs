//! The shipment of an order: what state it is in, and what a command makes of it.

use chrono::{DateTime, Utc};
use kit::Owner;
use kit::messaging::external_command::{self, Aggregate};
use serde::{Deserialize, Serialize};
use vocab::{Address, OrderId, OrderLineId, ShipmentId, VariantId};

/// Where a shipment stands. `Booking` and `Cancelling` are intentions: the carrier is being asked, or was asked by somebody
/// who crashed. It is asked again after what it has is looked up, and with the same key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    Booking,
    Booked,
    Refused,
    Dispatched,
    Delivered,
    Cancelling,
    /// It never left.
    Cancelled,
    /// It was called back from its way, and the carrier has it still.
    Returning,
    /// It was called back, and is at the shop again.
    Returned,
}

/// Every move there is. What is not listed cannot happen; no list of moves leads back.
pub const TRANSITIONS: &[(State, State)] = &[
    (State::Booking, State::Booked),
    (State::Booking, State::Refused),
    (State::Booked, State::Dispatched),
    (State::Booked, State::Delivered),
    (State::Booked, State::Cancelling),
    (State::Dispatched, State::Delivered),
    (State::Dispatched, State::Cancelling),
    (State::Cancelling, State::Cancelled),
    (State::Cancelling, State::Delivered),
    (State::Cancelling, State::Returning),
    (State::Returning, State::Returned),
    // Calling back is not always heard in time.
    (State::Returning, State::Delivered),
];

const STATES: &[(State, &str)] = &[
    (State::Booking, "BOOKING"),
    (State::Booked, "BOOKED"),
    (State::Refused, "REFUSED"),
    (State::Dispatched, "DISPATCHED"),
    (State::Delivered, "DELIVERED"),
    (State::Cancelling, "CANCELLING"),
    (State::Cancelled, "CANCELLED"),
    (State::Returning, "RETURNING"),
    (State::Returned, "RETURNED"),
];

impl State {
    pub fn as_str(self) -> &'static str {
        STATES.iter().find(|(state, _)| *state == self).map(|(_, name)| *name).expect("every state is listed")
    }

    /// Whether the carrier may have news of the parcel.
    pub fn is_live(self) -> bool {
        matches!(self, Self::Booked | Self::Dispatched | Self::Returning)
    }

    pub fn parse(name: &str) -> Option<Self> {
        STATES.iter().find(|(_, listed)| *listed == name).map(|(state, _)| *state)
    }
}

/// What `orders` may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    Create,
    Cancel,
}

/// What we ask the carrier for. With the order it makes the idempotency key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Book,
    Cancel,
}

/// What a command makes of a shipment.
pub type Next = external_command::Next<State, Step, Reply>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    Created {
        tracking_number: String,
    },
    Refused {
        message: String,
    },
    Cancelled,
    /// The parcel was on its way, and comes back. Its units are not here until it is.
    Recalled,
    /// Too late: the parcel is at the door.
    CancelRefused {
        message: String,
    },
}

/// A line of the order, and how much of it is in the parcel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    pub order_line_id: OrderLineId,
    pub variant_id: VariantId,
    pub quantity: u32,
    /// Of one unit.
    pub weight_grams: u32,
}

/// What the carrier knows the parcel by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Label {
    /// Who moves the parcel, as shoppers may see it.
    pub carrier: String,
    pub tracking_number: String,
}

/// What the order asked for when it asked for a parcel.
#[derive(Clone, Debug)]
pub struct Terms {
    pub owner: Owner,
    pub method: String,
    pub country: String,
    /// None once the carrier has answered: from then on the address is the carrier's to keep.
    pub address: Option<Address>,
}

/// The shipment of an order.
#[derive(Clone, Debug)]
pub struct Shipment {
    pub id: ShipmentId,
    pub order_id: OrderId,
    pub state: State,
    /// None when the order was cancelled before it asked for a parcel.
    pub terms: Option<Terms>,
    pub lines: Vec<Line>,
    /// Once the carrier has booked.
    pub label: Option<Label>,
    pub refusal: Option<String>,
    pub estimated_delivery: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    /// Since when we know that the carrier has the parcel.
    pub dispatched_at: Option<DateTime<Utc>>,
    /// When to ask the carrier about it again. None once nothing more happens to it.
    pub next_look_at: Option<DateTime<Utc>>,
    /// Whether the carrier may have been asked already for what is intended, by a call that nobody knows the answer of.
    /// Not kept: so it is whenever an intention is read back.
    pub in_doubt: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the shipment of {order_id} cannot go from {from:?} to {to:?}")]
pub struct NoSuchMove {
    order_id: OrderId,
    from: State,
    to: State,
}

const CANCELLED_FIRST: &str = "The order was cancelled, so nothing is shipped.";
const DELIVERED_FIRST: &str = "The parcel has been delivered, so it can no longer be called back.";

impl Shipment {
    /// A shipment that is about to be booked.
    pub fn new(order_id: OrderId, terms: Terms, lines: Vec<Line>, created_at: DateTime<Utc>) -> Self {
        Self { terms: Some(terms), lines, state: State::Booking, ..Self::barred(order_id, created_at) }
    }

    /// A shipment that is refused before any carrier is asked.
    pub fn refused(mut self, message: &str) -> Self {
        self.state = State::Refused;
        self.refusal = Some(message.to_owned());
        self.forget_address();
        self
    }

    /// The bar against a shipment of an order that was cancelled first.
    pub fn barred(order_id: OrderId, created_at: DateTime<Utc>) -> Self {
        Self {
            id: id_of(&order_id),
            order_id,
            state: State::Cancelled,
            terms: None,
            lines: Vec::new(),
            label: None,
            refusal: None,
            estimated_delivery: None,
            created_at,
            dispatched_at: None,
            next_look_at: None,
            in_doubt: false,
        }
    }

    /// What came of the booking. The same for ever, whatever happened to the parcel since.
    fn booking(&self) -> Reply {
        match (&self.label, &self.refusal) {
            (Some(label), _) => Reply::Created { tracking_number: label.tracking_number.clone() },
            (None, Some(message)) => Reply::Refused { message: message.clone() },
            (None, None) => Reply::Refused { message: CANCELLED_FIRST.to_owned() },
        }
    }

    /// Moves on, and gives the states that it passed: what is delivered or comes back was dispatched, whether or not anybody
    /// looked in between. Whatever the carrier answered, the address has then served its purpose.
    pub fn enter(&mut self, to: State, at: DateTime<Utc>) -> Result<Vec<State>, NoSuchMove> {
        if !TRANSITIONS.contains(&(self.state, to)) {
            return Err(NoSuchMove { order_id: self.order_id.clone(), from: self.state, to });
        }
        self.forget_address();
        self.next_look_at = None;
        self.state = to;
        self.in_doubt = false;
        let has_left = matches!(to, State::Dispatched | State::Delivered | State::Returning);
        if !has_left || self.dispatched_at.is_some() {
            return Ok(vec![to]);
        }
        self.dispatched_at = Some(at);
        Ok(if to == State::Dispatched { vec![to] } else { vec![State::Dispatched, to] })
    }

    fn forget_address(&mut self) {
        if let Some(terms) = &mut self.terms {
            terms.address = None;
        }
    }

    /// What the parcel weighs.
    pub fn weight_grams(&self) -> i64 {
        self.lines.iter().map(|line| i64::from(line.quantity) * i64::from(line.weight_grams)).sum()
    }
}

impl Aggregate for Shipment {
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
    /// reached the carrier is looked up there, or asked for again, before anything else is decided.
    fn next(&self, command: Command) -> Next {
        match (self.state, command) {
            (State::Booking, _) => Next::Ask(Step::Book),
            (_, Command::Create) => Next::Answer(self.booking()),
            (State::Booked | State::Dispatched, Command::Cancel) => Next::Enter(State::Cancelling),
            (State::Cancelling, Command::Cancel) => Next::Ask(Step::Cancel),
            (State::Refused | State::Cancelled, Command::Cancel) => Next::Answer(Reply::Cancelled),
            (State::Returning | State::Returned, Command::Cancel) => Next::Answer(Reply::Recalled),
            (State::Delivered, Command::Cancel) => {
                Next::Answer(Reply::CancelRefused { message: DELIVERED_FIRST.to_owned() })
            }
        }
    }
}

/// An order has one shipment, so the order's key is the shipment's too.
pub fn id_of(order_id: &OrderId) -> ShipmentId {
    let key = order_id.as_str().split_once('_').map_or(order_id.as_str(), |(_, key)| key);
    ShipmentId::of_key(key)
}

#[cfg(test)]
mod tests;
