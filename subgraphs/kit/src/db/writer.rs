//! SQLite's one writer. Transactions take turns on it and are synced to disk together.
//!
//! The first in line opens a *round*, which is one transaction of SQLite's; each after it is a savepoint of that round.
//! Whoever has committed waits until everybody who stood in line by then has had a turn; then the round is committed,
//! with one sync for all of them. A transaction that nobody stands in line behind is a round of its own, and waits for
//! nobody.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sea_orm::{
    ConnAcquireErr, ConnectOptions, DatabaseConnection, DatabaseTransaction, DbErr, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
};
use tokio::runtime::Handle;
use tokio::sync::{Mutex, OwnedMutexGuard, watch};

use super::Counted;

/// How a round ended; None while it goes on.
type Outcome = Option<Result<(), DbErr>>;

#[derive(Clone, Debug)]
pub(super) struct Writer {
    turn: Arc<Mutex<Turn>>,
    /// How many stand in line. A hint: a round that nobody seems to wait for need not be left open.
    in_line: Arc<AtomicUsize>,
}

#[derive(Debug)]
struct Turn {
    connection: DatabaseConnection,
    /// What the connection is opened with, should it have to be opened again.
    options: ConnectOptions,
    counted: Counted,
    round: Option<Round>,
}

#[derive(Debug)]
struct Round {
    transaction: DatabaseTransaction,
    outcome: watch::Sender<Outcome>,
    /// How many have committed and wait for the end.
    joined: usize,
}

/// A transaction's turn on the writer.
#[derive(Debug)]
pub(super) struct Seat(Option<Taken>);

#[derive(Debug)]
struct Taken {
    turn: OwnedMutexGuard<Turn>,
    /// The round's own when this opened it, or a savepoint of it.
    transaction: DatabaseTransaction,
    opened: bool,
    writer: Writer,
}

/// Stands in line for as long as it lives.
struct InLine<'a>(&'a AtomicUsize);

impl<'a> InLine<'a> {
    fn behind(line: &'a AtomicUsize) -> Self {
        line.fetch_add(1, Ordering::Relaxed);
        Self(line)
    }
}

impl Drop for InLine<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Writer {
    /// Takes turns on a connection of its own; `options` open it again.
    pub(super) fn new(connection: DatabaseConnection, options: ConnectOptions, counted: Counted) -> Self {
        let turn = Turn { connection, options, counted, round: None };
        Self { turn: Arc::new(Mutex::new(turn)), in_line: Arc::default() }
    }

    /// Waits in line for a turn.
    pub(super) async fn begin(&self) -> Result<Seat, DbErr> {
        let place = InLine::behind(&self.in_line);
        let mut turn = Arc::clone(&self.turn).lock_owned().await;
        drop(place);
        let opened = turn.round.is_none();
        let transaction = if opened { turn.open().await? } else { turn.savepoint().await? };
        Ok(Seat(Some(Taken { turn, transaction, opened, writer: self.clone() })))
    }

    /// Commits the round once everybody who stands in line now has had a turn.
    async fn end_round(self) {
        let mut turn = self.turn.lock().await;
        if let Some(Round { transaction, outcome, .. }) = turn.round.take() {
            let committed = turn.end(transaction).await;
            outcome.send_replace(Some(committed));
        }
    }
}

impl Turn {
    async fn open(&mut self) -> Result<DatabaseTransaction, DbErr> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        match self.connection.begin_with_options(options).await {
            Ok(transaction) => Ok(transaction),
            Err(_unusable) => {
                self.reopen().await;
                self.connection.begin_with_options(options).await
            }
        }
    }

    async fn savepoint(&mut self) -> Result<DatabaseTransaction, DbErr> {
        let Some(round) = self.round.take() else { return Err(lost()) };
        match round.transaction.begin().await {
            Ok(savepoint) => {
                self.round = Some(round);
                Ok(savepoint)
            }
            Err(cause) => {
                self.abandon(round, &cause).await;
                Err(cause)
            }
        }
    }

    /// Commits a round as a whole.
    async fn end(&mut self, transaction: DatabaseTransaction) -> Result<(), DbErr> {
        let committed = transaction.commit().await;
        if committed.is_err() {
            self.reopen().await;
        }
        committed
    }

    /// Ends a round that cannot be committed: whoever joined it hears why.
    async fn abandon(&mut self, round: Round, cause: &DbErr) {
        let Round { transaction, outcome, joined } = round;
        drop(transaction);
        self.reopen().await;
        tracing::warn!(%cause, joined, "a round was lost; who had joined it is told to try again");
        outcome.send_replace(Some(Err(lost())));
    }

    /// After a full disk or a failed sync SQLite has ended the transaction by itself, and the connection no longer
    /// knows where it stands. A new one does.
    async fn reopen(&mut self) {
        match self.counted.connect(self.options.clone()).await {
            Ok(connection) => {
                let lost = std::mem::replace(&mut self.connection, connection);
                tokio::spawn(lost.close());
            }
            Err(cause) => tracing::warn!(%cause, "the database does not open again yet"),
        }
    }
}

/// What whoever took part in a round hears when SQLite has ended it: nothing was kept, and the same may work later.
fn lost() -> DbErr {
    DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed)
}

impl Seat {
    pub(super) fn transaction(&self) -> &DatabaseTransaction {
        &self.0.as_ref().expect("a seat is taken until it is given up").transaction
    }

    /// Joins the round and waits until it is on disk.
    pub(super) async fn commit(mut self) -> Result<(), DbErr> {
        match self.0.take() {
            Some(taken) => taken.commit().await,
            None => Ok(()),
        }
    }

    pub(super) async fn roll_back(mut self) -> Result<(), DbErr> {
        match self.0.take() {
            Some(taken) => taken.roll_back().await,
            None => Ok(()),
        }
    }
}

impl Taken {
    async fn commit(self) -> Result<(), DbErr> {
        let Self { mut turn, transaction, opened, writer } = self;
        if opened && writer.in_line.load(Ordering::Relaxed) == 0 {
            return turn.end(transaction).await;
        }
        let mut round = if opened {
            Round { transaction, outcome: watch::Sender::new(None), joined: 0 }
        } else {
            let released = transaction.commit().await;
            let Some(round) = turn.round.take() else { return Err(lost()) };
            if let Err(cause) = released {
                turn.abandon(round, &cause).await;
                return Err(lost());
            }
            round
        };
        round.joined += 1;
        let outcome = round.outcome.subscribe();
        if round.joined == 1 {
            // A task of its own: whoever waits for this commit may stop waiting.
            tokio::spawn(writer.end_round());
        }
        turn.round = Some(round);
        drop(turn);
        ended(outcome).await
    }

    async fn roll_back(self) -> Result<(), DbErr> {
        let Self { mut turn, transaction, opened, .. } = self;
        if let Err(cause) = transaction.rollback().await {
            match turn.round.take() {
                Some(round) => turn.abandon(round, &cause).await,
                None if opened => turn.reopen().await,
                None => {}
            }
            return Err(cause);
        }
        // What was read here may be what others of the round have written: it is true once that is on disk.
        let neighbours = turn.round.as_ref().map(|round| round.outcome.subscribe());
        drop(turn);
        match neighbours {
            Some(outcome) => ended(outcome).await,
            None => Ok(()),
        }
    }
}

/// How a round has ended, once it has.
async fn ended(mut outcome: watch::Receiver<Outcome>) -> Result<(), DbErr> {
    let ended = outcome.wait_for(Option::is_some).await;
    ended.ok().and_then(|outcome| outcome.clone()).unwrap_or_else(|| Err(lost()))
}

/// A transaction that is dropped is rolled back, in a task of its own: the next in line waits for that.
impl Drop for Seat {
    fn drop(&mut self) {
        let Some(taken) = self.0.take() else { return };
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move {
                if let Err(cause) = taken.roll_back().await {
                    tracing::warn!(%cause, "a dropped transaction was not rolled back cleanly");
                }
            });
        }
    }
}
