//! An order: what was bought, at which price, and what has happened to it since.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use kit::Owner;
use serde::{Deserialize, Serialize};
use vocab::{Address, Email, Money, OrderId, OrderLineId, OrderNumber, ProductId, VariantId};

use crate::cost::Cost;
use crate::step::Step;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    pub id: OrderId,
    /// What people call it: `M-7K3Q9XWB`.
    pub number: String,
    pub owner: Owner,
    /// How often it has changed hands.
    pub owner_version: i32,
    pub email: Email,
    pub lifecycle: Lifecycle,
    /// How many events stand in its log.
    pub version: i32,
    pub placed_at: DateTime<Utc>,
    /// Since when it is an order; None while its checkout runs, and when that failed.
    pub confirmed_at: Option<DateTime<Utc>>,
    pub address: Address,
    pub delivery_method: String,
    pub cost: Cost,
    pub lines: Vec<OrderLine>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Lifecycle {
    Placed,
    Confirmed,
    Completed,
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
    Placed {
        number: String,
        lines: Vec<OrderLine>,
        cost: Cost,
        delivery_method: String,
    },
    StockReserved,
    PaymentAuthorized,
    ShipmentCreated,
    PaymentCaptured,
    Confirmed,
    StockSettled,
    StepRefused {
        step: Step,
        reason: String,
    },
    StepUnanswered {
        step: Step,
    },
    ShipmentCancelled,
    /// The parcel was on its way, and comes back.
    ShipmentRecalled,
    PaymentVoided,
    StockReleased,
    CancelRequested,
    CancelRefused,
    StockReturned,
    ShipmentDispatched,
    ShipmentDelivered,
    ShipmentReturned,
    Completed,
    Cancelled {
        reason: String,
    },
    /// Staff wants the money given back though the parcel has arrived.
    RefundRequested,
    /// The money is given back, and the parcel stays where it is.
    Refunded,
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
    /// None before it was placed.
    pub from: Option<Lifecycle>,
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

    /// The order as it stood at `at`, by its log from the beginning on. None before it was placed.
    pub fn as_of(&self, at: DateTime<Utc>, log: Vec<Logged>) -> Result<Option<Self>, NoWayThere> {
        let mut then = Self { version: 0, ..self.clone() };
        for logged in log.into_iter().take_while(|logged| logged.at <= at) {
            then.apply(&logged.event)?;
            if let OrderEvent::Placed { number, lines, cost, delivery_method } = logged.event {
                then = Self { number, lines, cost, delivery_method, ..then };
            }
        }
        Ok((then.version > 0).then_some(then))
    }

    /// Takes an event in.
    pub fn apply(&mut self, event: &OrderEvent) -> Result<(), NoWayThere> {
        let from = (self.version > 0).then_some(self.lifecycle);
        self.lifecycle = Lifecycle::after(from, event)?;
        self.version += 1;
        Ok(())
    }
}

impl Lifecycle {
    /// Its life only goes forward: placed, confirmed, completed; or cancelled on the way, for good. What has arrived is no
    /// more cancelled than refunded, and ends there too.
    pub fn after(from: Option<Self>, event: &OrderEvent) -> Result<Self, NoWayThere> {
        let (to, way) = match event {
            OrderEvent::Placed { .. } => (Self::Placed, from.is_none()),
            OrderEvent::Confirmed => (Self::Confirmed, from == Some(Self::Placed)),
            OrderEvent::Completed => (Self::Completed, from == Some(Self::Confirmed)),
            OrderEvent::Cancelled { .. } => (Self::Cancelled, matches!(from, Some(Self::Placed | Self::Confirmed))),
            OrderEvent::Refunded => (Self::Cancelled, matches!(from, Some(Self::Confirmed | Self::Completed))),
            _ => (from.unwrap_or(Self::Placed), from.is_some()),
        };
        if way { Ok(to) } else { Err(NoWayThere { from, to }) }
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
            Self::ShipmentRecalled => "shipment_recalled",
            Self::PaymentVoided => "payment_voided",
            Self::StockReleased => "stock_released",
            Self::CancelRequested => "cancel_requested",
            Self::CancelRefused => "cancel_refused",
            Self::StockReturned => "stock_returned",
            Self::ShipmentDispatched => "shipment_dispatched",
            Self::ShipmentDelivered => "shipment_delivered",
            Self::ShipmentReturned => "shipment_returned",
            Self::Completed => "completed",
            Self::Cancelled { .. } => "cancelled",
            Self::RefundRequested => "refund_requested",
            Self::Refunded => "refunded",
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
                Step::ReserveStock | Step::SettleStock => "There are not enough items in stock.".into(),
                Step::CreateShipment => "The carrier refused the shipment.".into(),
                _ => "The payment was declined.".into(),
            },
            Self::StepUnanswered { .. } => "A part of the shop did not answer in time.".into(),
            Self::ShipmentCancelled => "The shipment is cancelled.".into(),
            Self::ShipmentRecalled => "The parcel is called back.".into(),
            Self::PaymentVoided => "The payment is taken back.".into(),
            Self::StockReleased | Self::StockReturned => "The items are back in stock.".into(),
            Self::CancelRequested => "Somebody asked to cancel the order.".into(),
            Self::CancelRefused => "The carrier does not take the parcel back.".into(),
            Self::ShipmentDispatched => "The parcel is on its way.".into(),
            Self::ShipmentDelivered => "The parcel has arrived.".into(),
            Self::ShipmentReturned => "The parcel is back at the shop.".into(),
            Self::Completed => "The order is completed.".into(),
            Self::Cancelled { .. } => "The order is cancelled.".into(),
            Self::RefundRequested => "The shop refunds the order.".into(),
            Self::Refunded => "The order is refunded.".into(),
        }
    }
}

/// Draws the numbers of new orders. One that is drawn may be taken already.
#[derive(Clone)]
pub struct Numbers(Arc<dyn Fn() -> OrderNumber + Send + Sync>);

impl Numbers {
    pub fn new(draw: impl Fn() -> OrderNumber + Send + Sync + 'static) -> Self {
        Self(Arc::new(draw))
    }

    pub fn draw(&self) -> OrderNumber {
        (self.0)()
    }
}

/// At random, so that a number tells nobody how much is sold.
impl Default for Numbers {
    fn default() -> Self {
        Self::new(|| OrderNumber::of_bits(rand::random()))
    }
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
            owner_version: 0,
            email: Email::parse("ada@example.com").expect("an address"),
            lifecycle: Lifecycle::Placed,
            version: 0,
            placed_at: noon(),
            confirmed_at: None,
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
    fn an_order_only_goes_forward() {
        let cancelled = OrderEvent::Cancelled { reason: "unanswered".into() };
        let ends = [OrderEvent::Confirmed, OrderEvent::Completed, cancelled, an_order().placed(), OrderEvent::Refunded];
        let after = |way: &[usize]| {
            let mut order = an_order();
            way.iter().try_for_each(|&step| order.apply(&ends[step])).map(|()| order.lifecycle).ok()
        };
        assert_eq!(after(&[0]), Some(Lifecycle::Confirmed));
        assert_eq!(after(&[0, 1]), Some(Lifecycle::Completed));
        assert_eq!(after(&[2]), Some(Lifecycle::Cancelled));
        assert_eq!(after(&[0, 2]), Some(Lifecycle::Cancelled));
        assert_eq!(after(&[0, 1, 4]), Some(Lifecycle::Cancelled), "what has arrived is refunded");
        assert_eq!(after(&[0, 4]), Some(Lifecycle::Cancelled));
        for nowhere in [
            &[4][..],
            &[0, 2, 4],
            &[2, 4],
            &[0, 4, 4],
            &[0, 4, 1],
            &[1],
            &[3],
            &[0, 0],
            &[0, 3],
            &[2, 0],
            &[2, 1],
            &[2, 2],
            &[0, 1, 2],
            &[0, 2, 1],
            &[0, 1, 1],
        ] {
            assert_eq!(after(nowhere), None, "{nowhere:?}");
        }
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
