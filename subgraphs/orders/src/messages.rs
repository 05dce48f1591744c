//! What is sent for each step and event of an order, and what comes of the replies.

use chrono::{DateTime, Utc};
use contracts::mail::{MailCommand, OrderLink};
use contracts::orders::{OrderCancelled, OrderClaimed, OrderConfirmed, OrderEvent, OrderPlaced, OrderedUnits};
use contracts::payments::{AuthorizePayment, PaymentCommand, PaymentReply};
use contracts::shipping::{CreateShipment, ShipmentLine, ShippingCommand, ShippingEvent, ShippingReply};
use contracts::stock::{RefusalReason, ReserveStock, StockCommand, StockLine, StockReply};
use contracts::{Family, OrderRef, encode, encode_once, name, stream};
use kit::Result;
use kit::messaging::Message;
use vocab::{Email, OrderId};

use crate::checkout::Checkout;
use crate::order::Order;
use crate::saga::{Event, Reply, Shortage, Step};

/// The command of a step, with its stream. None for what is no command.
pub(crate) fn command(
    step: Step,
    order: &Order,
    checkout: &Checkout,
) -> serde_json::Result<Option<(&'static str, Message)>> {
    let about = || OrderRef::from(order.id.clone());
    let command = match step {
        Step::ReserveStock => stock(order, &StockCommand::Reserve(reservation(order, checkout)))?,
        Step::SettleStock => stock(order, &StockCommand::Settle(about()))?,
        Step::ReleaseStock => stock(order, &StockCommand::Release(about()))?,
        Step::ReturnStock => stock(order, &StockCommand::Return(about()))?,
        Step::AuthorizePayment => payment(order, &PaymentCommand::Authorize(authorization(order, checkout)))?,
        Step::CapturePayment => payment(order, &PaymentCommand::Capture(about()))?,
        Step::VoidPayment => payment(order, &PaymentCommand::Void(about()))?,
        Step::CreateShipment => shipping(order, &ShippingCommand::Create(Box::new(shipment(order))))?,
        Step::CancelShipment => shipping(order, &ShippingCommand::Cancel(about()))?,
        Step::ConfirmOrder => return Ok(None),
    };
    Ok(Some(command))
}

fn stock(order: &Order, command: &StockCommand) -> serde_json::Result<(&'static str, Message)> {
    Ok((stream::INVENTORY_COMMANDS, once(&order.id, command)?))
}

fn payment(order: &Order, command: &PaymentCommand) -> serde_json::Result<(&'static str, Message)> {
    Ok((stream::PAYMENTS_COMMANDS, once(&order.id, command)?))
}

fn shipping(order: &Order, command: &ShippingCommand) -> serde_json::Result<(&'static str, Message)> {
    Ok((stream::SHIPPING_COMMANDS, once(&order.id, command)?))
}

/// Under an id that stays the same however often this is said of this order.
fn once(order: &OrderId, family: &impl Family) -> serde_json::Result<Message> {
    encode_once(order.as_str(), family, &[order.as_str(), name(family.kind())])
}

fn reservation(order: &Order, checkout: &Checkout) -> ReserveStock {
    let lines = order.lines.iter();
    ReserveStock {
        order_id: order.id.clone(),
        owner: order.owner.clone(),
        lines: lines.map(|line| StockLine { variant_id: line.variant_id.clone(), quantity: line.quantity }).collect(),
        expires_at: checkout.saga.reserved_until,
    }
}

fn authorization(order: &Order, checkout: &Checkout) -> AuthorizePayment {
    AuthorizePayment {
        order_id: order.id.clone(),
        owner: order.owner.clone(),
        amount: order.cost.total,
        payment_method_token: checkout.payment_method_token.clone().unwrap_or_default(),
    }
}

fn shipment(order: &Order) -> CreateShipment {
    let lines = order.lines.iter().map(|line| ShipmentLine {
        order_line_id: line.id.clone(),
        variant_id: line.variant_id.clone(),
        quantity: line.quantity,
        weight_grams: line.weight_grams,
    });
    CreateShipment {
        order_id: order.id.clone(),
        owner: order.owner.clone(),
        method: order.delivery_method.clone(),
        address: order.address.clone().into(),
        lines: lines.collect(),
    }
}

pub(crate) fn placed(order: &Order) -> serde_json::Result<Message> {
    let (order_id, number, owner) = (order.id.clone(), order.number.clone(), order.owner.clone());
    once(&order.id, &OrderEvent::Placed(OrderPlaced { order_id, number, owner }))
}

pub(crate) fn completed(order: &Order) -> serde_json::Result<Message> {
    once(&order.id, &OrderEvent::Completed(order.id.clone().into()))
}

pub(crate) fn confirmed(order: &Order) -> serde_json::Result<Message> {
    let confirmed = OrderConfirmed {
        order_id: order.id.clone(),
        number: order.number.clone(),
        owner: order.owner.clone(),
        total: Some(order.cost.total),
        lines: ordered(order),
    };
    once(&order.id, &OrderEvent::Confirmed(confirmed))
}

pub(crate) fn claimed(order: &Order, stands: bool) -> serde_json::Result<Message> {
    let owner_version = order.owner_version;
    let (order_id, owner) = (order.id.clone(), order.owner.clone());
    let claimed = OrderClaimed { order_id, owner, owner_version, stands, lines: ordered(order) };
    let id = order.id.as_str();
    encode_once(id, &OrderEvent::Claimed(claimed), &[id, "order.claimed", &owner_version.to_string()])
}

fn ordered(order: &Order) -> Vec<OrderedUnits> {
    let lines = order.lines.iter().map(|line| OrderedUnits {
        product_id: line.product_id.clone(),
        variant_id: line.variant_id.clone(),
        quantity: line.quantity,
    });
    lines.collect()
}

pub(crate) fn cancelled(order: &Order, reason: &str) -> serde_json::Result<Message> {
    let cancelled = OrderCancelled { order_id: order.id.clone(), reason: reason.to_owned() };
    once(&order.id, &OrderEvent::Cancelled(cancelled))
}

/// Asks users to mail a link to an order. To nobody, it is asked for nothing.
pub(crate) fn order_link(
    to: Option<&Email>,
    link: &str,
    language: Option<&str>,
    expires_at: DateTime<Utc>,
) -> serde_json::Result<Message> {
    let link = OrderLink { to: to.cloned(), link: link.to_owned(), language: language.map(str::to_owned), expires_at };
    encode("order_link", &MailCommand::OrderLink(link))
}

/// The order whose parcel is somewhere new. None for what is said of no parcel.
pub(crate) fn parcel(event: &ShippingEvent) -> Option<(OrderId, Event)> {
    let (order_id, event) = match event {
        ShippingEvent::Dispatched(parcel) => (&parcel.order_id, Event::ShipmentDispatched),
        ShippingEvent::Delivered(parcel) => (&parcel.order_id, Event::ShipmentDelivered),
        ShippingEvent::Returned(parcel) => (&parcel.order_id, Event::ShipmentReturned),
        ShippingEvent::RatesChanged(_) => return None,
    };
    Some((order_id.clone(), event))
}

/// The order that a reply is about, and the reply. None for a kind that we do not know.
pub(crate) fn reply(message: &Message) -> Result<Option<(OrderId, Reply)>> {
    if let Some(reply) = StockReply::decode(message)? {
        return Ok(Some(of_stock(reply)));
    }
    if let Some(reply) = PaymentReply::decode(message)? {
        return Ok(Some(of_payment(reply)));
    }
    Ok(ShippingReply::decode(message)?.map(of_shipping))
}

fn of_stock(reply: StockReply) -> (OrderId, Reply) {
    match reply {
        StockReply::Reserved(about) => (about.order_id, Reply::StockReserved),
        StockReply::Refused(refused) => {
            let limited = refused.reason == Some(RefusalReason::HoldLimit);
            let shortages = refused.shortages.into_iter().map(Shortage::from).collect();
            (refused.order_id, Reply::StockRefused { shortages, limited })
        }
        StockReply::Released(about) => (about.order_id, Reply::StockReleased),
        StockReply::Settled(about) => (about.order_id, Reply::StockSettled),
        StockReply::Returned(about) => (about.order_id, Reply::StockReturned),
    }
}

fn of_payment(reply: PaymentReply) -> (OrderId, Reply) {
    match reply {
        PaymentReply::Authorized(authorized) => (authorized.order_id, Reply::PaymentAuthorized),
        PaymentReply::Declined(declined) => {
            let (reason, message) = (declined.reason, declined.message);
            (declined.order_id, Reply::PaymentDeclined { reason, message })
        }
        PaymentReply::Captured(about) => (about.order_id, Reply::PaymentCaptured),
        PaymentReply::Voided(about) => (about.order_id, Reply::PaymentVoided),
    }
}

fn of_shipping(reply: ShippingReply) -> (OrderId, Reply) {
    match reply {
        ShippingReply::Created(created) => (created.order_id, Reply::ShipmentCreated),
        ShippingReply::Refused(refused) => (refused.order_id, Reply::ShipmentRefused { message: refused.message }),
        ShippingReply::Cancelled(cancelled) if cancelled.recalled => (cancelled.order_id, Reply::ShipmentRecalled),
        ShippingReply::Cancelled(cancelled) => (cancelled.order_id, Reply::ShipmentCancelled),
        ShippingReply::CancelRefused(refused) => {
            (refused.order_id, Reply::ShipmentCancelRefused { message: refused.message })
        }
    }
}

impl From<contracts::stock::Shortage> for Shortage {
    fn from(shortage: contracts::stock::Shortage) -> Self {
        let contracts::stock::Shortage { variant_id, requested, available } = shortage;
        Self { variant_id, requested, available }
    }
}
