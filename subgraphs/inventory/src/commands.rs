//! Carries out what comes on `inventory.commands`.

use async_trait::async_trait;
use kit::message::{Consume, Message};
use kit::{Result, crash_at};

use crate::Store;
use crate::message::{self, Asked};
use crate::reservation::{Command, Reservation};

/// Handles what comes on `inventory.commands`.
pub struct Commands {
    store: Store,
}

impl Commands {
    pub fn new(store: Store) -> Self {
        Self { store }
    }
}

/// Whether a command is new does not matter here: the reservation's state decides, and the answer to a command that
/// came again may be the only one that arrives.
#[async_trait]
impl Consume for Commands {
    async fn consume(&self, message: &Message) -> Result<()> {
        crash_at!("inventory:before-transaction");
        let asked = Asked::read(message)?;
        let (order, command) = (asked.order().as_str(), asked.command());
        let txn = self.store.db().begin().await?;
        txn.first_delivery("inventory", message).await?;
        let reservation = match &asked {
            Asked::Reserve(wanted) => self.store.reserve(&txn, wanted).await?,
            Asked::Release(_) | Asked::Return(_) => self.store.end(&txn, order, command).await?,
            Asked::Settle(_) => self.store.settle(&txn, order).await?.unwrap_or_else(|| Reservation::new(order)),
        };
        txn.send(message::REPLIES, &message::reply(command, &reservation)?).await?;
        before_commit(command);
        txn.commit().await?;
        after_commit(command);
        Ok(())
    }
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
