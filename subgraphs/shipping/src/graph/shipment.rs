use async_graphql::dataloader::DataLoader;
use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};

use crate::shipment::{self, Label, State};
use crate::store::{EventLoader, EventsByShipment};

/// Lines of an order that travel together.
pub struct Shipment {
    shipment: shipment::Shipment,
    label: Label,
}

impl Shipment {
    /// What a carrier has booked; what it has not is no shipment to be shown.
    pub fn of(shipment: shipment::Shipment) -> Option<Self> {
        let label = shipment.label.clone()?;
        Some(Self { shipment, label })
    }
}

/// Lines of an order that travel together.
#[Object]
impl Shipment {
    /// The shipment's id.
    async fn id(&self) -> ID {
        ID(self.shipment.id.to_string())
    }

    /// Where the shipment is on its way.
    async fn state(&self) -> ShipmentState {
        match self.shipment.state {
            State::Cancelling if self.shipment.dispatched_at.is_some() => ShipmentState::Dispatched,
            state => ShipmentState::of(state),
        }
    }

    /// What is in it.
    async fn lines(&self) -> Vec<ShipmentLine> {
        let line = |line: &shipment::Line| ShipmentLine {
            order_line_id: ID(line.order_line_id.to_string()),
            quantity: line.quantity,
        };
        self.shipment.lines.iter().map(line).collect()
    }

    /// The parcels it travels in.
    async fn parcels(&self) -> Vec<Parcel> {
        let Label { carrier, tracking_number } = self.label.clone();
        vec![Parcel { carrier, tracking_number, tracking_url: None }]
    }

    /// When it should have arrived at the latest. Null when the carrier gives no estimate, and once it is cancelled or called back.
    async fn estimated_delivery(&self) -> Option<DateTime<Utc>> {
        match self.shipment.state {
            State::Cancelled | State::Returning | State::Returned => None,
            _ => self.shipment.estimated_delivery,
        }
    }

    /// What has happened to it, oldest first.
    async fn events(&self, ctx: &Context<'_>) -> kit::Result<Vec<TrackingEvent>> {
        let loader = ctx.data_unchecked::<DataLoader<EventLoader>>();
        let events = loader.load_one(EventsByShipment(self.shipment.id.clone())).await?.unwrap_or_default();
        let event = |event: crate::store::Event| TrackingEvent {
            at: event.at,
            state: ShipmentState::of(event.state),
            place: event.place,
            message: event.message,
        };
        Ok(events.into_iter().map(event).collect())
    }
}

/// Where a shipment is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum ShipmentState {
    /// The carrier has been told to expect it.
    LabelCreated,
    /// The carrier has it.
    Dispatched,
    /// It is at its door.
    Delivered,
    /// It was cancelled before it left: it does not travel.
    Cancelled,
    /// It was called back from its way, and is on its way back to the shop.
    Returning,
    /// It was called back, and is at the shop again.
    Returned,
}

impl ShipmentState {
    fn of(state: State) -> Self {
        match state {
            State::Cancelled => Self::Cancelled,
            State::Returning => Self::Returning,
            State::Returned => Self::Returned,
            State::Dispatched => Self::Dispatched,
            State::Delivered => Self::Delivered,
            State::Booking | State::Booked | State::Refused | State::Cancelling => Self::LabelCreated,
        }
    }
}

/// A line of an order, and how much of it is in a shipment.
#[derive(SimpleObject)]
pub struct ShipmentLine {
    /// The line of the order.
    order_line_id: ID,
    /// How many units of it.
    quantity: u32,
}

/// A parcel.
#[derive(SimpleObject)]
pub struct Parcel {
    /// Who moves it.
    carrier: String,
    /// What the carrier knows it by.
    tracking_number: String,
    /// Where the carrier shows its way. Null when the carrier has no such page.
    tracking_url: Option<String>,
}

/// Something that happened to a shipment.
#[derive(SimpleObject)]
pub struct TrackingEvent {
    /// When it happened.
    at: DateTime<Utc>,
    /// Where the shipment was on its way from then on.
    state: ShipmentState,
    /// Where it happened. Null when the carrier does not tell.
    place: Option<String>,
    /// What happened, for people.
    message: String,
}
