//! The messages as they stand on the streams: what is sent for each step, and what is heard.

use chrono::{DateTime, Utc};
use kit::messaging::Message;
use serde::{Deserialize, Serialize};
use vocab::{Address, Email, Money, OrderId, OrderLineId, ProductId, VariantId};

use crate::checkout::Checkout;
use crate::order::Order;
use crate::saga::{Event, Reply, Shortage, Step};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct About<'a> {
    order_id: &'a OrderId,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReserveStock<'a> {
    order_id: &'a OrderId,
    owner: &'a str,
    lines: Vec<Units<'a>>,
    expires_at: DateTime<Utc>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Units<'a> {
    variant_id: &'a VariantId,
    quantity: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AuthorizePayment<'a> {
    order_id: &'a OrderId,
    owner: &'a str,
    amount: Money,
    payment_method_token: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CreateShipment<'a> {
    order_id: &'a OrderId,
    owner: &'a str,
    method: &'a str,
    address: Destination<'a>,
    lines: Vec<Parcelled<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Destination<'a> {
    name: &'a str,
    line1: &'a str,
    line2: Option<&'a str>,
    city: &'a str,
    region: Option<&'a str>,
    postal_code: Option<&'a str>,
    country: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Parcelled<'a> {
    order_line_id: &'a OrderLineId,
    variant_id: &'a VariantId,
    quantity: u32,
    /// Of one unit.
    weight_grams: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Placed<'a> {
    order_id: &'a OrderId,
    number: &'a str,
    owner: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Confirmed<'a> {
    order_id: &'a OrderId,
    number: &'a str,
    owner: &'a str,
    total: Money,
    lines: Vec<Bought<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Bought<'a> {
    product_id: &'a ProductId,
    variant_id: &'a VariantId,
    quantity: u32,
}

/// The order is somebody else's now.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Claimed<'a> {
    order_id: &'a OrderId,
    owner: &'a str,
    /// How often it has changed hands. Of two such messages the one with the higher counts.
    owner_version: i32,
    /// Whether it is confirmed, and not cancelled.
    stands: bool,
    lines: Vec<Bought<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Cancelled<'a> {
    order_id: &'a OrderId,
    reason: &'a str,
}

/// The command of a step, with its stream. None for what is no command.
pub(crate) fn command(
    step: Step,
    order: &Order,
    checkout: &Checkout,
) -> Result<Option<(&'static str, Message)>, serde_json::Error> {
    let (id, owner) = (&order.id, order.owner.as_str());
    let about = About { order_id: id };
    let command = match step {
        Step::ReserveStock => {
            let lines = order.lines.iter();
            let lines = lines.map(|line| Units { variant_id: &line.variant_id, quantity: line.quantity }).collect();
            let body = ReserveStock { order_id: id, owner, lines, expires_at: checkout.saga.reserved_until };
            ("inventory.commands", said(id, "stock.reserve", &body)?)
        }
        Step::AuthorizePayment => {
            let token = checkout.payment_method_token.as_deref().unwrap_or_default();
            let body = AuthorizePayment { order_id: id, owner, amount: order.cost.total, payment_method_token: token };
            ("payments.commands", said(id, "payment.authorize", &body)?)
        }
        Step::CreateShipment => ("shipping.commands", said(id, "shipment.create", &shipment(order))?),
        Step::CapturePayment => ("payments.commands", said(id, "payment.capture", &about)?),
        Step::SettleStock => ("inventory.commands", said(id, "stock.settle", &about)?),
        Step::CancelShipment => ("shipping.commands", said(id, "shipment.cancel", &about)?),
        Step::VoidPayment => ("payments.commands", said(id, "payment.void", &about)?),
        Step::ReleaseStock => ("inventory.commands", said(id, "stock.release", &about)?),
        Step::ReturnStock => ("inventory.commands", said(id, "stock.return", &about)?),
        Step::ConfirmOrder => return Ok(None),
    };
    Ok(Some(command))
}

fn shipment(order: &Order) -> CreateShipment<'_> {
    let Address { name, line1, line2, city, region, postal_code, country } = &order.address;
    let parcelled = order.lines.iter().map(|line| Parcelled {
        order_line_id: &line.id,
        variant_id: &line.variant_id,
        quantity: line.quantity,
        weight_grams: line.weight_grams,
    });
    CreateShipment {
        order_id: &order.id,
        owner: order.owner.as_str(),
        method: &order.delivery_method,
        address: Destination {
            name,
            line1,
            line2: line2.as_deref(),
            city,
            region: region.as_deref(),
            postal_code: postal_code.as_deref(),
            country,
        },
        lines: parcelled.collect(),
    }
}

pub(crate) fn placed(order: &Order) -> Result<Message, serde_json::Error> {
    let body = Placed { order_id: &order.id, number: &order.number, owner: order.owner.as_str() };
    said(&order.id, "order.placed", &body)
}

pub(crate) fn completed(order: &Order) -> Result<Message, serde_json::Error> {
    said(&order.id, "order.completed", &About { order_id: &order.id })
}

pub(crate) fn confirmed(order: &Order) -> Result<Message, serde_json::Error> {
    let body = Confirmed {
        order_id: &order.id,
        number: &order.number,
        owner: order.owner.as_str(),
        total: order.cost.total,
        lines: bought(order),
    };
    said(&order.id, "order.confirmed", &body)
}

fn bought(order: &Order) -> Vec<Bought<'_>> {
    let lines = order.lines.iter();
    let bought = lines.map(|line| Bought {
        product_id: &line.product_id,
        variant_id: &line.variant_id,
        quantity: line.quantity,
    });
    bought.collect()
}

pub(crate) fn claimed(order: &Order, stands: bool) -> Result<Message, serde_json::Error> {
    let Order { id, owner_version, .. } = order;
    let owner = order.owner.as_str();
    let body = Claimed { order_id: id, owner, owner_version: *owner_version, stands, lines: bought(order) };
    let message = Message::new("order.claimed.v1", id.as_str(), &body)?;
    Ok(message.with_derived_id(&[id.as_str(), "order.claimed", &owner_version.to_string()]))
}

pub(crate) fn cancelled(order: &Order, reason: &str) -> Result<Message, serde_json::Error> {
    said(&order.id, "order.cancelled", &Cancelled { order_id: &order.id, reason })
}

/// What is asked of whoever writes mails: that a link to an order be sent. To nobody, it is asked for nothing.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OrderLink<'a> {
    to: Option<&'a str>,
    /// Which one. What is mailed is what users states about it.
    link: &'a str,
    language: Option<&'a str>,
    expires_at: DateTime<Utc>,
}

pub(crate) fn order_link(
    to: Option<&Email>,
    link: &str,
    language: Option<&str>,
    expires_at: DateTime<Utc>,
) -> Result<Message, serde_json::Error> {
    let body = OrderLink { to: to.map(Email::as_str), link, language, expires_at };
    Message::new("mail.order_link.v2", "order_link", &body)
}

/// Version 1 of `what`, under an id that stays the same however often it is said of this order.
fn said(order: &OrderId, what: &str, body: &impl Serialize) -> Result<Message, serde_json::Error> {
    Ok(Message::new(&format!("{what}.v1"), order.as_str(), body)?.with_derived_id(&[order.as_str(), what]))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Concerned {
    order_id: OrderId,
}

#[derive(Deserialize)]
struct Refused {
    shortages: Vec<Shortage>,
    reason: Option<String>,
}

#[derive(Deserialize)]
struct Declined {
    reason: String,
    message: String,
}

#[derive(Deserialize)]
struct ShipmentCancelled {
    /// Whether the parcel was on its way. Not said by older senders.
    #[serde(default)]
    recalled: bool,
}

#[derive(Deserialize)]
struct ShipmentRefused {
    message: String,
}

/// The order whose parcel is somewhere new. None for what is said of no parcel.
pub(crate) fn parcel(message: &Message) -> Result<Option<(OrderId, Event)>, serde_json::Error> {
    let what = match message.kind.as_str() {
        "shipment.dispatched.v1" => Event::ShipmentDispatched,
        "shipment.delivered.v1" => Event::ShipmentDelivered,
        "shipment.returned.v1" => Event::ShipmentReturned,
        _ => return Ok(None),
    };
    Ok(Some((message.read::<Concerned>()?.order_id, what)))
}

/// The order that an answer is about, and the answer. None for a kind that we do not know.
pub(crate) fn reply(message: &Message) -> Result<Option<(OrderId, Reply)>, serde_json::Error> {
    let reply = match message.kind.as_str() {
        "stock.reserved.v1" => Reply::StockReserved,
        "stock.refused.v1" => {
            let Refused { shortages, reason } = message.read()?;
            Reply::StockRefused { shortages, limited: reason.as_deref() == Some("hold_limit") }
        }
        "stock.released.v1" => Reply::StockReleased,
        "stock.settled.v1" => Reply::StockSettled,
        "payment.authorized.v1" => Reply::PaymentAuthorized,
        "payment.declined.v1" => {
            let Declined { reason, message } = message.read()?;
            Reply::PaymentDeclined { reason, message }
        }
        "payment.captured.v1" => Reply::PaymentCaptured,
        "payment.voided.v1" => Reply::PaymentVoided,
        "shipment.created.v1" => Reply::ShipmentCreated,
        "shipment.refused.v1" => Reply::ShipmentRefused { message: message.read::<ShipmentRefused>()?.message },
        "shipment.cancelled.v1" => match message.read::<ShipmentCancelled>()?.recalled {
            true => Reply::ShipmentRecalled,
            false => Reply::ShipmentCancelled,
        },
        "shipment.cancel_refused.v1" => {
            Reply::ShipmentCancelRefused { message: message.read::<ShipmentRefused>()?.message }
        }
        "stock.returned.v1" => Reply::StockReturned,
        _ => return Ok(None),
    };
    Ok(Some((message.read::<Concerned>()?.order_id, reply)))
}
