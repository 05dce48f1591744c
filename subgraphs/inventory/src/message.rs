//! The messages as they stand on the streams: what orders ask of the stock, and what they are told.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use contracts::stock::{RefusalReason, ReserveStock, StockCommand, StockRefused, StockReply};
use contracts::{decoded, encode_once};
use kit::messaging::Message;
use kit::{Failure, Result};
use vocab::{OrderId, VariantId};

use crate::reservation::{Answer, Command, Reason, Reservation};
use crate::stock::Shortage;

pub use contracts::stream::ORDER_REPLIES as REPLIES;

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

impl Asked {
    pub fn read(message: &Message) -> Result<Self> {
        Ok(match decoded(message, "the inventory")? {
            StockCommand::Reserve(reserve) => Self::Reserve(Wanted::try_new(reserve)?),
            StockCommand::Release(about) => Self::Release(about.order_id),
            StockCommand::Settle(about) => Self::Settle(about.order_id),
            StockCommand::Return(about) => Self::Return(about.order_id),
        })
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
    fn try_new(reserve: ReserveStock) -> Result<Self> {
        let mut units: BTreeMap<VariantId, i64> = BTreeMap::new();
        for line in reserve.lines.into_iter().filter(|line| line.quantity > 0) {
            *units.entry(line.variant_id).or_default() += i64::from(line.quantity);
        }
        if units.is_empty() {
            return Err(Failure::fault(anyhow::anyhow!("{} reserves nothing", reserve.order_id)));
        }
        Ok(Self {
            order: reserve.order_id,
            owner: reserve.owner.as_str().to_owned(),
            units,
            expires_at: reserve.expires_at,
        })
    }
}

/// How things stand, in answer to a command that has been carried out. Its id is the command's own, so that however often
/// it is given it lands once.
pub fn reply(command: Command, reservation: &Reservation) -> Result<Message> {
    let order_id = OrderId::parse(&reservation.order)?;
    let reply = match reservation.state.answer(command) {
        Answer::Reserved => StockReply::Reserved(order_id.into()),
        Answer::Refused => StockReply::Refused(StockRefused {
            order_id,
            shortages: reservation.shortages.iter().map(contracts::stock::Shortage::from).collect(),
            reason: reservation.reason.map(RefusalReason::from),
        }),
        Answer::Released => StockReply::Released(order_id.into()),
        Answer::Settled => StockReply::Settled(order_id.into()),
        Answer::Returned => StockReply::Returned(order_id.into()),
    };
    let step = match command {
        Command::Reserve => "stock.reserve",
        Command::Release => "stock.release",
        Command::Settle => "stock.settle",
        Command::Return => "stock.return",
    };
    let order = reservation.order.as_str();
    Ok(encode_once(order, &reply, &[order, step, "reply"])?)
}

impl From<&Shortage> for contracts::stock::Shortage {
    fn from(shortage: &Shortage) -> Self {
        let units = |units: i64| u32::try_from(units.max(0)).unwrap_or(u32::MAX);
        let (requested, available) = (units(shortage.requested), units(shortage.available));
        Self { variant_id: shortage.variant_id.clone(), requested, available }
    }
}

impl From<Reason> for RefusalReason {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::HoldLimit => Self::HoldLimit,
        }
    }
}
