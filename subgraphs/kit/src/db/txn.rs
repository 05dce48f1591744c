//! A transaction, on either engine.

use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use sea_orm::{DatabaseTransaction, DbErr};

use super::writer::Seat;
use crate::cancellation;
use crate::messaging::{CommitNotifier, Outgoing};

/// A transaction. What it sends leaves with its commit, or not at all. Dropped, it never was; but then what it has read
/// may never have been either, so who answers that something is done ends it first.
#[derive(Debug)]
pub struct Txn {
    held: Held,
    sends: Mutex<Vec<Outgoing>>,
    notifier: Arc<CommitNotifier>,
    failing: Arc<AtomicBool>,
}

#[derive(Debug)]
pub(super) enum Held {
    Alone(DatabaseTransaction),
    Together(Seat),
}

impl Txn {
    pub(super) fn new(held: Held, notifier: Arc<CommitNotifier>, failing: Arc<AtomicBool>) -> Self {
        Self { held, sends: Mutex::default(), notifier, failing }
    }

    /// Returns when the transaction is on disk. Once begun it is seen through, also for a request that has ended.
    pub async fn commit(self) -> Result<(), DbErr> {
        if cancellation::current().is_none() {
            return self.seen_through().await;
        }
        tokio::spawn(self.seen_through()).await.map_err(|cut| DbErr::Custom(cut.to_string()))?
    }

    async fn seen_through(self) -> Result<(), DbErr> {
        let committed = match self.held {
            Held::Alone(transaction) => transaction.commit().await,
            Held::Together(seat) => seat.commit().await,
        };
        self.failing.store(committed.is_err(), Ordering::Relaxed);
        committed?;
        self.notifier.committed(self.sends.into_inner().unwrap_or_else(PoisonError::into_inner));
        Ok(())
    }

    /// Undoes the transaction. What it has read is on disk when this returns, as after a commit: an answer that rests on
    /// it may be given.
    pub async fn rollback(self) -> Result<(), DbErr> {
        match self.held {
            Held::Alone(transaction) => transaction.rollback().await,
            Held::Together(seat) => seat.roll_back().await,
        }
    }

    /// How long nobody else's relay takes what this transaction sends.
    pub(crate) fn head_start(&self) -> std::time::Duration {
        self.notifier.head_start()
    }

    pub(crate) fn sends(&self, message: Outgoing) {
        self.sends.lock().unwrap_or_else(PoisonError::into_inner).push(message);
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
