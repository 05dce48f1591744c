//! A transaction, on either engine.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sea_orm::{DatabaseTransaction, DbErr};
use tokio::sync::Notify;

use super::writer::Seat;

/// A transaction. What it sends leaves with its commit, or not at all. Dropped, it never was.
#[derive(Debug)]
pub struct Txn {
    held: Held,
    sends: AtomicBool,
    sent: Arc<Notify>,
    failing: Arc<AtomicBool>,
}

#[derive(Debug)]
pub(super) enum Held {
    Alone(DatabaseTransaction),
    Together(Seat),
}

impl Txn {
    pub(super) fn new(held: Held, sent: Arc<Notify>, failing: Arc<AtomicBool>) -> Self {
        Self { held, sends: AtomicBool::new(false), sent, failing }
    }

    /// Returns when the transaction is on disk.
    pub async fn commit(self) -> Result<(), DbErr> {
        let committed = match self.held {
            Held::Alone(transaction) => transaction.commit().await,
            Held::Together(seat) => seat.commit().await,
        };
        self.failing.store(committed.is_err(), Ordering::Relaxed);
        committed?;
        if self.sends.into_inner() {
            self.sent.notify_one();
        }
        Ok(())
    }

    pub async fn rollback(self) -> Result<(), DbErr> {
        match self.held {
            Held::Alone(transaction) => transaction.rollback().await,
            Held::Together(seat) => seat.roll_back().await,
        }
    }

    pub(crate) fn sends(&self) {
        self.sends.store(true, Ordering::Relaxed);
    }
}

impl Deref for Txn {
    type Target = DatabaseTransaction;

    fn deref(&self) -> &DatabaseTransaction {
        match &self.held {
            Held::Alone(transaction) => transaction,
            Held::Together(seat) => seat.transaction(),
        }
    }
}
