//! What `orders` asks for, what it is told, and what everybody is told of the rates.

use kit::messaging::Message;
use kit::{Failure, Owner, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use vocab::{Address, OrderId, ShipmentId};

use crate::rate::Rate;
use crate::shipment::{self, Command, Line, Reply, Shipment, State};

pub const COMMANDS: &str = "shipping.commands";
pub const EVENTS: &str = "shipping.events";
pub const REPLIES: &str = "orders.replies";

/// A command as it came.
pub enum Asked {
    Create(Box<Create>),
    Cancel(OrderId),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Create {
    pub order_id: OrderId,
    pub owner: Owner,
    pub method: String,
    pub address: AddressBody,
    pub lines: Vec<Line>,
}

/// An address in a message, named in camel case as everything there.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AddressBody {
    name: String,
    line1: String,
    line2: Option<String>,
    city: String,
    region: Option<String>,
    postal_code: Option<String>,
    country: String,
}

impl AddressBody {
    pub fn country(&self) -> &str {
        &self.country
    }
}

impl From<AddressBody> for Address {
    fn from(body: AddressBody) -> Self {
        let AddressBody { name, line1, line2, city, region, postal_code, country } = body;
        Self { name, line1, line2, city, region, postal_code, country }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfOrder {
    order_id: OrderId,
}

impl Asked {
    pub fn read(message: &Message) -> Result<Self> {
        match message.kind.as_str() {
            "shipment.create.v1" => Ok(Self::Create(Box::new(body(message)?))),
            "shipment.cancel.v1" => Ok(Self::Cancel(body::<OfOrder>(message)?.order_id)),
            other => Err(Failure::fault(anyhow::anyhow!("shipping does not know the command `{other}`"))),
        }
    }

    pub fn order_id(&self) -> &OrderId {
        match self {
            Self::Create(ask) => &ask.order_id,
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
            Self::Create(ask) => Some(ask.address.country()),
            Self::Cancel(_) => None,
        }
    }
}

/// The cause stays out of the log: it quotes the value that does not fit, which may be somebody's address.
fn body<T: DeserializeOwned>(message: &Message) -> Result<T> {
    message
        .read()
        .map_err(|_quotes_the_value| Failure::fault(anyhow::anyhow!("the body of a `{}` does not fit", message.kind)))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Parcel<'a> {
    order_id: &'a OrderId,
    shipment_id: &'a ShipmentId,
    tracking_number: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Refused<'a> {
    order_id: &'a OrderId,
    message: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Cancelled<'a> {
    order_id: &'a OrderId,
    /// Whether the parcel was on its way: then its units are not here until `shipment.returned.v1` says so.
    recalled: bool,
}

/// The reply to a command. Its id is the command's own, so that however often it is given it lands once.
pub fn reply(order_id: &OrderId, command: Command, reply: &Reply) -> Result<Message> {
    let key = order_id.as_str();
    let message = match reply {
        Reply::Created { tracking_number } => {
            let shipment_id = &shipment::id_of(order_id);
            Message::new("shipment.created.v1", key, &Parcel { order_id, shipment_id, tracking_number })
        }
        Reply::Refused { message } => Message::new("shipment.refused.v1", key, &Refused { order_id, message }),
        Reply::Cancelled | Reply::Recalled => {
            let recalled = *reply == Reply::Recalled;
            Message::new("shipment.cancelled.v1", key, &Cancelled { order_id, recalled })
        }
        Reply::CancelRefused { message } => {
            Message::new("shipment.cancel_refused.v1", key, &Refused { order_id, message })
        }
    };
    let step = match command {
        Command::Create => "shipment.create",
        Command::Cancel => "shipment.cancel",
    };
    Ok(message?.with_derived_id(&[key, step, "reply"]))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AtRest<'a> {
    order_id: &'a OrderId,
    shipment_id: &'a ShipmentId,
}

/// What everybody is told when a parcel reaches `state`. A parcel reaches it once, so the message has one id.
pub fn reached(shipment: &Shipment, state: State) -> Result<Option<Message>> {
    let Shipment { order_id, id: shipment_id, label, .. } = shipment;
    let key = order_id.as_str();
    let tracking_number = label.as_ref().map_or("", |label| &label.tracking_number);
    let message = match state {
        State::Dispatched => {
            let body = Parcel { order_id, shipment_id, tracking_number };
            Message::new("shipment.dispatched.v1", key, &body)?.with_derived_id(&[key, "shipment.dispatched"])
        }
        State::Delivered => {
            let body = AtRest { order_id, shipment_id };
            Message::new("shipment.delivered.v1", key, &body)?.with_derived_id(&[key, "shipment.delivered"])
        }
        State::Returned => {
            let body = AtRest { order_id, shipment_id };
            Message::new("shipment.returned.v1", key, &body)?.with_derived_id(&[key, "shipment.returned"])
        }
        _ => return Ok(None),
    };
    Ok(Some(message))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RatesChanged<'a> {
    version: i64,
    rates: &'a [Rate],
}

/// The whole table. One version has one id, so that however often it is told it lands once.
pub fn rates_changed(version: i64, rates: &[Rate]) -> Result<Message> {
    let message = Message::new("shipping.rates_changed.v1", "rates", &RatesChanged { version, rates })?;
    Ok(message.with_derived_id(&["shipping.rates", &version.to_string()]))
}
