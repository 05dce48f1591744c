//! An order: what was bought, at which price, and what has happened to it since.

use chrono::{DateTime, Utc};
use kit::Owner;
use serde::{Deserialize, Serialize};
use vocab::{Address, Email, Money, OrderId, OrderLineId, ProductId, VariantId};

use crate::cost::Cost;
use crate::saga::Step;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    pub id: OrderId,
    /// What people call it: `M-7K3Q9XWB`.
    pub number: String,
    pub owner: Owner,
    pub email: Email,
    pub lifecycle: Lifecycle,
    /// How many events stand in its log.
    pub version: i32,
    pub placed_at: DateTime<Utc>,
    pub address: Address,
    pub delivery_method: String,
    pub cost: Cost,
    pub lines: Vec<OrderLine>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Lifecycle {
    Placed,
    Confirmed,
    Cancelled,
}

/// A copy of what was bought: it stays when the product goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderLine {
    pub id: OrderLineId,
    pub variant_id: VariantId,
    pub product_id: ProductId,
    pub sku: String,
    pub title: String,
    pub options: Option<String>,
    pub unit: Money,
    /// Of one unit.
    pub weight_grams: u32,
    pub quantity: u32,
}

/// Something that happened to an order, as the log keeps it for ever. Who bought it and where it goes is not in the
/// log but in the order's row: a person may ask to be forgotten, a log forgets nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum OrderEvent {
    Placed { number: String, lines: Vec<OrderLine>, cost: Cost, delivery_method: String },
    StockReserved,
    PaymentAuthorized,
    ShipmentCreated,
    PaymentCaptured,
    Confirmed,
    StockSettled,
    StepRefused { step: Step, reason: String },
    StepUnanswered { step: Step },
    ShipmentCancelled,
    PaymentVoided,
    StockReleased,
    Cancelled { reason: String },
}

/// An event as it stands in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// 1 for the first event of an order, then one more each.
    pub seq: i32,
    pub at: DateTime<Utc>,
    pub event: OrderEvent,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an order that is {from:?} cannot become {to:?}")]
pub struct NoWayThere {
    pub from: Lifecycle,
    pub to: Lifecycle,
}

impl Order {
    pub fn placed(&self) -> OrderEvent {
        OrderEvent::Placed {
            number: self.number.clone(),
            lines: self.lines.clone(),
            cost: self.cost,
            delivery_method: self.delivery_method.clone(),
        }
    }

    /// Takes an event in. Its life only goes forward: placed, then confirmed or cancelled for good.
    pub fn apply(&mut self, event: &OrderEvent) -> Result<(), NoWayThere> {
        let to = match event {
            OrderEvent::Placed { .. } => Some(Lifecycle::Placed),
            OrderEvent::Confirmed => Some(Lifecycle::Confirmed),
            OrderEvent::Cancelled { .. } => Some(Lifecycle::Cancelled),
            _ => None,
        };
        if let Some(to) = to {
            let from = self.lifecycle;
            let way = if to == Lifecycle::Placed { self.version == 0 } else { from == Lifecycle::Placed };
            if !way {
                return Err(NoWayThere { from, to });
            }
            self.lifecycle = to;
        }
        self.version += 1;
        Ok(())
    }
}

impl OrderLine {
    pub fn total(&self) -> Result<Money, vocab::MoneyError> {
        self.unit.times(self.quantity)
    }
}

impl OrderEvent {
    /// Its kind in a word, `stock_reserved`, for clients to match on.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Placed { .. } => "placed",
            Self::StockReserved => "stock_reserved",
            Self::PaymentAuthorized => "payment_authorized",
            Self::ShipmentCreated => "shipment_created",
            Self::PaymentCaptured => "payment_captured",
            Self::Confirmed => "confirmed",
            Self::StockSettled => "stock_settled",
            Self::StepRefused { .. } => "step_refused",
            Self::StepUnanswered { .. } => "step_unanswered",
            Self::ShipmentCancelled => "shipment_cancelled",
            Self::PaymentVoided => "payment_voided",
            Self::StockReleased => "stock_released",
            Self::Cancelled { .. } => "cancelled",
        }
    }

    /// What happened, for people.
    pub fn message(&self) -> String {
        match self {
            Self::Placed { number, .. } => format!("Order {number} was placed."),
            Self::StockReserved => "The items are reserved.".into(),
            Self::PaymentAuthorized => "The payment is authorized.".into(),
            Self::ShipmentCreated => "The shipment is prepared.".into(),
            Self::PaymentCaptured => "The payment is made.".into(),
            Self::Confirmed => "The order is confirmed.".into(),
            Self::StockSettled => "The items left the stock.".into(),
            Self::StepRefused { step, .. } => match step {
                Step::ReserveStock => "There are not enough items in stock.".into(),
                Step::CreateShipment => "The carrier refused the shipment.".into(),
                _ => "The payment was declined.".into(),
            },
            Self::StepUnanswered { .. } => "A part of the shop did not answer in time.".into(),
            Self::ShipmentCancelled => "The shipment is cancelled.".into(),
            Self::PaymentVoided => "The payment is taken back.".into(),
            Self::StockReleased => "The items are back in stock.".into(),
            Self::Cancelled { .. } => "The order is cancelled.".into(),
        }
    }
}

/// A number for people: random, so that it tells nobody how much is sold, and without letters that look like digits.
pub fn draw_number() -> String {
    const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let drawn: u64 = rand::random();
    let letter = |place: u32| char::from(LETTERS[(drawn >> (5 * place)) as usize % LETTERS.len()]);
    format!("M-{}", (0..8).map(letter).collect::<String>())
}

#[cfg(test)]
pub(crate) mod tests {
    use vocab::CurrencyCode;

    use super::*;
    use crate::cart::tests::noon;

    pub(crate) fn an_order() -> Order {
        let unit = Money::new(1_000, CurrencyCode::USD);
        let line = OrderLine {
            id: OrderLineId::of_key("1"),
            variant_id: VariantId::of_key("a"),
            product_id: ProductId::of_key("a"),
            sku: "A".into(),
            title: "Thing a".into(),
            options: None,
            unit,
            weight_grams: 400,
            quantity: 2,
        };
        let mut order = Order {
            id: OrderId::of_key("1"),
            number: "M-1".into(),
            owner: Owner::user("user_1"),
            email: Email::parse("ada@example.com").expect("an address"),
            lifecycle: Lifecycle::Placed,
            version: 0,
            placed_at: noon(),
            address: Address {
                name: "Ada".into(),
                line1: "1 Main St".into(),
                line2: None,
                city: "Springfield".into(),
                region: None,
                postal_code: None,
                country: "US".into(),
            },
            delivery_method: "standard".into(),
            cost: Cost::try_new(Money::new(2_000, CurrencyCode::USD), Some(unit)).expect("small"),
            lines: vec![line],
        };
        order.apply(&order.placed()).expect("it is new");
        order
    }

    #[test]
    fn an_order_is_confirmed_or_cancelled_once_and_for_good() {
        let cancelled = OrderEvent::Cancelled { reason: "unanswered".into() };
        for (first, second) in [(&OrderEvent::Confirmed, &cancelled), (&cancelled, &OrderEvent::Confirmed)] {
            let mut order = an_order();
            order.apply(first).expect("from placed");
            assert!(order.apply(second).is_err());
            assert!(order.apply(first).is_err());
            assert_eq!(order.version, 2);
        }
        let mut order = an_order();
        assert!(order.apply(&an_order().placed()).is_err());
    }

    #[test]
    fn the_log_holds_nobody_s_address() {
        let logged = serde_json::to_string(&an_order().placed()).expect("plain data");
        for private in ["Ada", "Main St", "example.com"] {
            assert!(!logged.contains(private), "{logged}");
        }
    }

    #[test]
    fn an_event_reads_back_as_it_was_logged() {
        for event in [an_order().placed(), OrderEvent::StepUnanswered { step: Step::CreateShipment }] {
            let logged = serde_json::to_string(&event).expect("plain data");
            assert_eq!(serde_json::from_str::<OrderEvent>(&logged).expect("as it was"), event);
        }
    }
}
