//! What `orders` asks for, and what it is told.

use kit::messaging::Message;
use kit::{Failure, Owner, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use vocab::{Money, OrderId, PaymentId};

use crate::payment::{self, Command, Reply};

pub const COMMANDS: &str = "payments.commands";
pub const REPLIES: &str = "orders.replies";

/// A command as it came.
#[derive(Debug)]
pub enum Asked {
    Authorize(Authorize),
    Capture(OrderId),
    Void(OrderId),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Authorize {
    pub order_id: OrderId,
    pub owner: Owner,
    pub amount: Money,
    pub payment_method_token: String,
}

/// Without the token: it may be a card's number.
impl std::fmt::Debug for Authorize {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authorize").field("order_id", &self.order_id).finish_non_exhaustive()
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
            "payment.authorize.v1" => Ok(Self::Authorize(body(message)?)),
            "payment.capture.v1" => Ok(Self::Capture(body::<OfOrder>(message)?.order_id)),
            "payment.void.v1" => Ok(Self::Void(body::<OfOrder>(message)?.order_id)),
            other => Err(Failure::fault(anyhow::anyhow!("payments does not know the command `{other}`"))),
        }
    }

    pub fn order_id(&self) -> &OrderId {
        match self {
            Self::Authorize(Authorize { order_id, .. }) | Self::Capture(order_id) | Self::Void(order_id) => order_id,
        }
    }

    pub fn command(&self) -> Command {
        match self {
            Self::Authorize(_) => Command::Authorize,
            Self::Capture(_) => Command::Capture,
            Self::Void(_) => Command::Void,
        }
    }
}

/// The cause stays out of the log: it quotes the value that does not fit, which may be a card's number.
fn body<T: DeserializeOwned>(message: &Message) -> Result<T> {
    message
        .read()
        .map_err(|_quotes_the_value| Failure::fault(anyhow::anyhow!("the body of a `{}` does not fit", message.kind)))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Authorized<'a> {
    order_id: &'a OrderId,
    payment_id: &'a PaymentId,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Declined<'a> {
    order_id: &'a OrderId,
    reason: &'a str,
    message: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Done<'a> {
    order_id: &'a OrderId,
}

/// The reply to a command. Its id is the command's own, so that however often it is given it lands once.
pub fn reply(order_id: &OrderId, command: Command, reply: &Reply) -> Result<Message> {
    let key = order_id.as_str();
    let message = match reply {
        Reply::Authorized => {
            Message::new("payment.authorized.v1", key, &Authorized { order_id, payment_id: &payment::id_of(order_id) })
        }
        Reply::Declined(decline) => {
            let body = Declined { order_id, reason: &decline.reason, message: &decline.message };
            Message::new("payment.declined.v1", key, &body)
        }
        Reply::Captured => Message::new("payment.captured.v1", key, &Done { order_id }),
        Reply::Voided => Message::new("payment.voided.v1", key, &Done { order_id }),
    };
    let step = match command {
        Command::Authorize => "payment.authorize",
        Command::Capture => "payment.capture",
        Command::Void => "payment.void",
    };
    Ok(message?.with_derived_id(&[key, step, "reply"]))
}
