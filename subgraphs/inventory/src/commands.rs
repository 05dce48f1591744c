//! Handles `inventory.commands`. Commands that wait together are executed together, and cost no more statements than one.

use async_trait::async_trait;
use kit::messaging::{Message, MessageHandler};
use kit::{Result, crash_at};

use crate::Store;
use crate::message::{self, Asked};
use crate::reservation::Command;

/// Handles what comes on `inventory.commands`.
pub struct Commands {
    store: Store,
}

impl Commands {
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    async fn execute(&self, messages: &[Message]) -> Result<()> {
        crash_at!("inventory:before-transaction");
        let asked = messages.iter().map(Asked::read).collect::<Result<Vec<_>>>()?;
        let commands: Vec<Command> = asked.iter().map(Asked::command).collect();
        let txn = self.store.db().begin().await?;
        let reservations = self.store.execute(&txn, &asked).await?;
        let answered = commands.iter().zip(&reservations);
        let replies = answered.map(|(command, one)| message::reply(*command, one)).collect::<Result<Vec<_>>>()?;
        let replies: Vec<(&str, &Message)> = replies.iter().map(|reply| (message::REPLIES, reply)).collect();
        txn.send_all(&replies).await?;
        commands.iter().copied().for_each(before_commit);
        txn.commit().await?;
        commands.iter().copied().for_each(after_commit);
        Ok(())
    }
}

/// No inbox is needed to tell whether a command is new: the reservation's state decides, and a command that comes again is
/// answered again, since the first reply may have been lost.
#[async_trait]
impl MessageHandler for Commands {
    async fn handle(&self, message: &Message) -> Result<()> {
        self.execute(std::slice::from_ref(message)).await
    }

    async fn handle_batch(&self, messages: &[Message]) -> Result<bool> {
        self.execute(messages).await.map(|()| true)
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
