//! SQLite's one writer. Transactions take turns on it and are synced to disk together.
//!
//! Each is a savepoint of a *round*, which is one transaction of SQLite's. Whoever has committed waits until everybody
//! who stood in line by then has had a turn; then the round is committed, with one sync for all of them. A transaction
//! that nobody stands in line behind is a round of its own, and waits for nobody.

use std::sync::Arc;

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
pub(super) struct Writer(Arc<Mutex<Turn>>);

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
    savepoint: DatabaseTransaction,
    writer: Writer,
}

impl Writer {
    /// Takes turns on a connection of its own; `options` open it again.
    pub(super) fn new(connection: DatabaseConnection, options: ConnectOptions, counted: Counted) -> Self {
        Self(Arc::new(Mutex::new(Turn { connection, options, counted, round: None })))
    }

    /// Waits in line for a turn.
    pub(super) async fn begin(&self) -> Result<Seat, DbErr> {
        let mut turn = Arc::clone(&self.0).lock_owned().await;
        let savepoint = turn.savepoint().await?;
        Ok(Seat(Some(Taken { turn, savepoint, writer: self.clone() })))
    }

    /// Commits the round once everybody who stands in line now has had a turn.
    async fn end_round(self) {
        let mut turn = self.0.lock().await;
        if let Some(Round { transaction, outcome, .. }) = turn.round.take() {
            let committed = transaction.commit().await;
            if committed.is_err() {
                turn.reopen().await;
            }
            outcome.send_replace(Some(committed));
        }
    }
}

impl Turn {
    async fn savepoint(&mut self) -> Result<DatabaseTransaction, DbErr> {
        let round = match self.round.take() {
            Some(round) => round,
            None => self.open_round().await?,
        };
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

    async fn open_round(&mut self) -> Result<Round, DbErr> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let transaction = match self.connection.begin_with_options(options.clone()).await {
            Ok(transaction) => transaction,
            Err(_unusable) => {
                self.reopen().await;
                self.connection.begin_with_options(options).await?
            }
        };
        Ok(Round { transaction, outcome: watch::Sender::new(None), joined: 0 })
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
        &self.0.as_ref().expect("a seat is taken until it is given up").savepoint
    }

    /// Joins the round and waits until it is on disk.
    pub(super) async fn commit(mut self) -> Result<(), DbErr> {
        let Some(Taken { mut turn, savepoint, writer }) = self.0.take() else { return Ok(()) };
        let released = savepoint.commit().await;
        let Some(mut round) = turn.round.take() else { return released };
        if let Err(cause) = released {
            turn.abandon(round, &cause).await;
            return Err(lost());
        }
        round.joined += 1;
        let mut outcome = round.outcome.subscribe();
        if round.joined == 1 {
            // A task of its own: whoever waits for this commit may stop waiting.
            tokio::spawn(writer.end_round());
        }
        turn.round = Some(round);
        drop(turn);
        let ended = outcome.wait_for(Option::is_some).await;
        let unknown = || DbErr::Custom("the round ended without an outcome".to_owned());
        ended.ok().and_then(|outcome| outcome.clone()).unwrap_or_else(|| Err(unknown()))
    }

    pub(super) async fn roll_back(mut self) -> Result<(), DbErr> {
        match self.0.take() {
            Some(taken) => taken.roll_back().await,
            None => Ok(()),
        }
    }
}

impl Taken {
    async fn roll_back(self) -> Result<(), DbErr> {
        let Self { mut turn, savepoint, .. } = self;
        let rolled_back = savepoint.rollback().await;
        let Some(round) = turn.round.take() else { return rolled_back };
        match rolled_back {
            Err(cause) => {
                turn.abandon(round, &cause).await;
                Err(cause)
            }
            Ok(()) if round.joined > 0 => {
                turn.round = Some(round);
                Ok(())
            }
            // Nobody waits for this round, so nobody else would end it.
            Ok(()) => match round.transaction.rollback().await {
                Ok(()) => Ok(()),
                Err(cause) => {
                    turn.reopen().await;
                    Err(cause)
                }
            },
        }
    }
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
