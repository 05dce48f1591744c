//! A transaction, on either engine.

use std::fmt;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use sea_orm::{DatabaseTransaction, DbErr};

use super::attached::{AfterCommit, Attached};
use super::writer::Seat;
use crate::cancellation;

/// A transaction. What is left to it for after the commit happens then, or not at all. Dropped, it never was; but then
/// what it has read may never have been either, so who answers that something is done ends it first.
pub struct Txn {
    held: Held,
    after_commit: Mutex<Vec<AfterCommit>>,
    attached: Arc<Attached>,
    failing: Arc<AtomicBool>,
}

pub(super) enum Held {
    Alone(DatabaseTransaction),
    Together(Seat),
}

impl Txn {
    pub(super) fn new(held: Held, attached: Arc<Attached>, failing: Arc<AtomicBool>) -> Self {
        Self { held, after_commit: Mutex::default(), attached, failing }
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
        self.attached.run(self.after_commit.into_inner().unwrap_or_else(PoisonError::into_inner));
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

    /// What is attached to this transaction's database, see [`crate::Db::attached`].
    pub(crate) fn attached<T: Default + Send + Sync + 'static>(&self) -> Arc<T> {
        self.attached.get()
    }

    /// Has something done once this transaction is on disk. It must not block.
    pub(crate) fn after_commit(&self, hook: impl FnOnce() + Send + 'static) {
        self.after_commit.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(hook));
    }
}

impl fmt::Debug for Txn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Txn").finish_non_exhaustive()
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
