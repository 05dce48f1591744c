//! What `orders` asks for, and what it is told.

use contracts::payments::{AuthorizePayment, PaymentAuthorized, PaymentCommand, PaymentDeclined, PaymentReply};
use contracts::{decoded, encode_once};
use kit::Result;
use kit::messaging::Message;
use vocab::OrderId;

use crate::payment::{self, Command, Reply};

pub use contracts::stream::{ORDER_REPLIES as REPLIES, PAYMENTS_COMMANDS as COMMANDS};

/// A command as it came.
#[derive(Debug)]
pub enum Asked {
    Authorize(AuthorizePayment),
    Capture(OrderId),
    Void(OrderId),
}

impl Asked {
    pub fn read(message: &Message) -> Result<Self> {
        Ok(match decoded(message, "payments")? {
            PaymentCommand::Authorize(authorize) => Self::Authorize(authorize),
            PaymentCommand::Capture(about) => Self::Capture(about.order_id),
            PaymentCommand::Void(about) => Self::Void(about.order_id),
        })
    }

    pub fn order_id(&self) -> &OrderId {
        match self {
            Self::Authorize(AuthorizePayment { order_id, .. }) | Self::Capture(order_id) | Self::Void(order_id) => {
                order_id
            }
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

/// The reply to a command. Its id is the command's own, so that however often it is given it lands once.
pub fn reply(order_id: &OrderId, command: Command, reply: &Reply) -> Result<Message> {
    let about = || order_id.clone().into();
    let said = match reply {
        Reply::Authorized => PaymentReply::Authorized(PaymentAuthorized {
            order_id: order_id.clone(),
            payment_id: payment::id_of(order_id),
        }),
        Reply::Declined(decline) => PaymentReply::Declined(PaymentDeclined {
            order_id: order_id.clone(),
            reason: decline.reason.clone(),
            message: decline.message.clone(),
        }),
        Reply::Captured => PaymentReply::Captured(about()),
        Reply::Voided => PaymentReply::Voided(about()),
    };
    let step = match command {
        Command::Authorize => "payment.authorize",
        Command::Capture => "payment.capture",
        Command::Void => "payment.void",
    };
    let order = order_id.as_str();
    Ok(encode_once(order, &said, &[order, step, "reply"])?)
}
