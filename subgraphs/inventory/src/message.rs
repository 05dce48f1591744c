//! The messages as they stand on the streams: what orders ask of the stock, and what they are told.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use kit::messaging::Message;
use kit::{Failure, Result};
use serde::{Deserialize, Serialize};
use vocab::{OrderId, VariantId};

use crate::reservation::{Answer, Command, Reason, Reservation};
use crate::stock::Shortage;

pub const REPLIES: &str = "orders.replies";

/// A command as it came.
pub enum Asked {
    Reserve(Wanted),
    Release(OrderId),
    Settle(OrderId),
    Return(OrderId),
}

/// What one order wants, each variant once.
pub struct Wanted {
    pub order: OrderId,
    pub owner: String,
    pub units: BTreeMap<VariantId, i64>,
    pub expires_at: DateTime<Utc>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reserve {
    order_id: OrderId,
    owner: String,
    lines: Vec<ReserveLine>,
    expires_at: DateTime<Utc>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReserveLine {
    variant_id: VariantId,
    quantity: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfOrder {
    order_id: OrderId,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Reply<'a> {
    order_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    shortages: Option<&'a [Shortage]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

impl Asked {
    pub fn read(message: &Message) -> Result<Self> {
        let order = || Ok::<_, Failure>(message.read::<OfOrder>()?.order_id);
        match message.kind.as_str() {
            "stock.reserve.v1" => Ok(Self::Reserve(Wanted::try_new(message.read()?)?)),
            "stock.release.v1" => Ok(Self::Release(order()?)),
            "stock.settle.v1" => Ok(Self::Settle(order()?)),
            "stock.return.v1" => Ok(Self::Return(order()?)),
            other => Err(Failure::fault(anyhow::anyhow!("`{other}` is no command of the inventory"))),
        }
    }

    pub fn order(&self) -> &OrderId {
        match self {
            Self::Reserve(Wanted { order, .. }) | Self::Release(order) | Self::Settle(order) | Self::Return(order) => {
                order
            }
        }
    }

    pub fn wanted(&self) -> Option<&Wanted> {
        match self {
            Self::Reserve(wanted) => Some(wanted),
            Self::Release(_) | Self::Settle(_) | Self::Return(_) => None,
        }
    }

    pub fn command(&self) -> Command {
        match self {
            Self::Reserve(_) => Command::Reserve,
            Self::Release(_) => Command::Release,
            Self::Settle(_) => Command::Settle,
            Self::Return(_) => Command::Return,
        }
    }
}

impl Wanted {
    /// Two lines of one variant are one wish: checked apart, each could have what only one can.
    fn try_new(reserve: Reserve) -> Result<Self> {
        let mut units: BTreeMap<VariantId, i64> = BTreeMap::new();
        for line in reserve.lines.into_iter().filter(|line| line.quantity > 0) {
            *units.entry(line.variant_id).or_default() += i64::from(line.quantity);
        }
        if units.is_empty() {
            return Err(Failure::fault(anyhow::anyhow!("{} reserves nothing", reserve.order_id)));
        }
        Ok(Self { order: reserve.order_id, owner: reserve.owner, units, expires_at: reserve.expires_at })
    }
}

/// How things stand, in answer to a command that has been carried out. Its id is the command's own, so that however often
/// it is given it lands once.
pub fn reply(command: Command, reservation: &Reservation) -> Result<Message> {
    let (kind, shortages) = match reservation.state.answer(command) {
        Answer::Reserved => ("stock.reserved.v1", None),
        Answer::Refused => ("stock.refused.v1", Some(reservation.shortages.as_slice())),
        Answer::Released => ("stock.released.v1", None),
        Answer::Settled => ("stock.settled.v1", None),
        Answer::Returned => ("stock.returned.v1", None),
    };
    let reason = shortages.and(reservation.reason).map(Reason::as_str);
    let step = match command {
        Command::Reserve => "stock.reserve",
        Command::Release => "stock.release",
        Command::Settle => "stock.settle",
        Command::Return => "stock.return",
    };
    let order = reservation.order.as_str();
    let message = Message::new(kind, order, &Reply { order_id: order, shortages, reason })?;
    Ok(message.with_derived_id(&[order, step, "reply"]))
}
