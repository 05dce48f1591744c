//! What orders ask of the stock, and what they are told.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use kit::message::{Consume, Message};
use kit::{Failure, Result, Txn, crash_at};
use serde::{Deserialize, Serialize};
use vocab::{OrderId, VariantId};

use crate::Store;
use crate::reservation::{Answer, Command, Reason, Reservation};
use crate::stock::Shortage;

const REPLIES: &str = "orders.replies";

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

/// What one order wants, each variant once.
pub struct Wanted {
    pub order: OrderId,
    pub owner: String,
    pub units: BTreeMap<VariantId, i64>,
    pub expires_at: DateTime<Utc>,
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

/// Handles what comes on `inventory.commands`.
pub struct Commands {
    store: Store,
}

impl Commands {
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    async fn reserve(&self, message: &Message) -> Result<()> {
        let wanted = Wanted::try_new(message.read()?)?;
        let txn = self.store.db().begin().await?;
        txn.first_delivery("inventory", message).await?;
        let reservation = self.store.reserve(&txn, &wanted).await?;
        answer(txn, Command::Reserve, &reservation).await
    }

    /// A release or a return.
    async fn end(&self, command: Command, message: &Message) -> Result<()> {
        let OfOrder { order_id } = message.read()?;
        let txn = self.store.db().begin().await?;
        txn.first_delivery("inventory", message).await?;
        let reservation = self.store.end(&txn, order_id.as_str(), command).await?;
        answer(txn, command, &reservation).await
    }

    async fn settle(&self, message: &Message) -> Result<()> {
        let OfOrder { order_id } = message.read()?;
        let order = order_id.as_str();
        let txn = self.store.db().begin().await?;
        txn.first_delivery("inventory", message).await?;
        let reservation = self.store.settle(&txn, order).await?.unwrap_or_else(|| Reservation::new(order));
        answer(txn, Command::Settle, &reservation).await
    }
}

/// Whether a command is new does not matter here: the reservation's state decides, and the answer to a command that
/// came again may be the only one that arrives.
#[async_trait]
impl Consume for Commands {
    async fn consume(&self, message: &Message) -> Result<()> {
        crash_at!("inventory:before-transaction");
        match message.kind.as_str() {
            "stock.reserve.v1" => self.reserve(message).await,
            "stock.release.v1" => self.end(Command::Release, message).await,
            "stock.settle.v1" => self.settle(message).await,
            "stock.return.v1" => self.end(Command::Return, message).await,
            other => Err(Failure::fault(anyhow::anyhow!("`{other}` is no command of the inventory"))),
        }
    }
}

/// Commits what was done, with the answer.
async fn answer(txn: Txn, command: Command, reservation: &Reservation) -> Result<()> {
    reply(&txn, command, reservation).await?;
    before_commit(command);
    txn.commit().await?;
    after_commit(command);
    Ok(())
}

fn before_commit(command: Command) {
    match command {
        Command::Reserve => crash_at!("inventory:reserve-before-commit"),
        Command::Release => crash_at!("inventory:release-before-commit"),
        Command::Settle => crash_at!("inventory:settle-before-commit"),
        Command::Return => crash_at!("inventory:return-before-commit"),
    }
}

fn after_commit(command: Command) {
    match command {
        Command::Reserve => crash_at!("inventory:reserve-after-commit"),
        Command::Release => crash_at!("inventory:release-after-commit"),
        Command::Settle => crash_at!("inventory:settle-after-commit"),
        Command::Return => crash_at!("inventory:return-after-commit"),
    }
}

async fn reply(txn: &Txn, command: Command, reservation: &Reservation) -> Result<()> {
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
    txn.send(REPLIES, &message.with_derived_id(&[order, step, "reply"])).await
}
