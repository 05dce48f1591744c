//! What `orders` asks for, what it is told, and what everybody is told of parcels and rates.

use contracts::shipping::{
    CreateShipment, DeliveryRate, RatesChanged, ShipmentCancelled, ShipmentLabelled, ShipmentMoved, ShipmentRefused,
    ShippingCommand, ShippingEvent, ShippingReply,
};
use contracts::{Family, decoded, encode_once, name};
use kit::Result;
use kit::messaging::Message;
use vocab::OrderId;

use crate::rate::Rate;
use crate::shipment::{self, Command, Reply, Shipment, State};

pub use contracts::stream::{ORDER_REPLIES as REPLIES, SHIPPING_COMMANDS as COMMANDS, SHIPPING_EVENTS as EVENTS};

/// A command as it came.
pub enum Asked {
    Create(Box<CreateShipment>),
    Cancel(OrderId),
}

impl Asked {
    pub fn read(message: &Message) -> Result<Self> {
        Ok(match decoded(message, "shipping")? {
            ShippingCommand::Create(create) => Self::Create(create),
            ShippingCommand::Cancel(about) => Self::Cancel(about.order_id),
        })
    }

    pub fn order_id(&self) -> &OrderId {
        match self {
            Self::Create(create) => &create.order_id,
            Self::Cancel(order_id) => order_id,
        }
    }

    pub fn command(&self) -> Command {
        match self {
            Self::Create(_) => Command::Create,
            Self::Cancel(_) => Command::Cancel,
        }
    }

    /// Where a parcel is to go.
    pub fn country(&self) -> Option<&str> {
        match self {
            Self::Create(create) => Some(&create.address.country),
            Self::Cancel(_) => None,
        }
    }
}

/// The reply to a command. Its id is the command's own, so that however often it is given it lands once.
pub fn reply(order_id: &OrderId, command: Command, reply: &Reply) -> Result<Message> {
    let refused = |message: &str| ShipmentRefused { order_id: order_id.clone(), message: message.to_owned() };
    let cancelled = |recalled| ShippingReply::Cancelled(ShipmentCancelled { order_id: order_id.clone(), recalled });
    let said = match reply {
        Reply::Created { tracking_number } => ShippingReply::Created(ShipmentLabelled {
            order_id: order_id.clone(),
            shipment_id: shipment::id_of(order_id),
            tracking_number: tracking_number.clone(),
        }),
        Reply::Refused { message } => ShippingReply::Refused(refused(message)),
        Reply::Cancelled => cancelled(false),
        Reply::Recalled => cancelled(true),
        Reply::CancelRefused { message } => ShippingReply::CancelRefused(refused(message)),
    };
    let step = match command {
        Command::Create => "shipment.create",
        Command::Cancel => "shipment.cancel",
    };
    let order = order_id.as_str();
    Ok(encode_once(order, &said, &[order, step, "reply"])?)
}

/// What everybody is told when a parcel reaches `state`. A parcel reaches it once, so the message has one id.
pub fn reached(shipment: &Shipment, state: State) -> Result<Option<Message>> {
    let (order_id, shipment_id) = (shipment.order_id.clone(), shipment.id.clone());
    let event = match state {
        State::Dispatched => {
            let tracking_number = shipment.label.as_ref().map(|label| label.tracking_number.clone());
            let tracking_number = tracking_number.unwrap_or_default();
            ShippingEvent::Dispatched(ShipmentLabelled { order_id, shipment_id, tracking_number })
        }
        State::Delivered => ShippingEvent::Delivered(ShipmentMoved { order_id, shipment_id }),
        State::Returned => ShippingEvent::Returned(ShipmentMoved { order_id, shipment_id }),
        _ => return Ok(None),
    };
    let order = shipment.order_id.as_str();
    Ok(Some(encode_once(order, &event, &[order, name(event.kind())])?))
}

/// The whole table. One version has one id, so that however often it is told it lands once.
pub fn rates_changed(version: i64, rates: &[Rate]) -> Result<Message> {
    let rates = rates.iter().map(DeliveryRate::try_from).collect::<std::result::Result<_, _>>()?;
    let event = ShippingEvent::RatesChanged(RatesChanged { version, rates });
    Ok(encode_once("rates", &event, &["shipping.rates", &version.to_string()])?)
}

impl TryFrom<&Rate> for DeliveryRate {
    type Error = std::num::TryFromIntError;

    fn try_from(rate: &Rate) -> std::result::Result<Self, Self::Error> {
        let Rate { method, name, country, max_weight_grams, price, min_days, max_days } = rate.clone();
        Ok(Self {
            method,
            name,
            country,
            max_weight_grams: max_weight_grams.try_into()?,
            price,
            min_days: min_days.try_into()?,
            max_days: max_days.try_into()?,
        })
    }
}
