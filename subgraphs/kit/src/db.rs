//! One database of a subgraph's own: an SQLite file, or a schema on a Postgres server. The same code serves both.
//!
//! SQLite has one writer, so there is one writing connection and callers queue for it: nobody ever sees
//! `SQLITE_BUSY`. Readers have connections of their own that cannot write.

use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbErr, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
};
use tokio::sync::Notify;

/// Where a subgraph keeps its rows.
#[derive(Clone, Debug)]
pub enum Place {
    Sqlite(PathBuf),
    Postgres { url: String, schema: String },
}

/// A subgraph's database.
#[derive(Clone, Debug)]
pub struct Db {
    reader: DatabaseConnection,
    writer: DatabaseConnection,
    statements: Arc<AtomicU64>,
    sent: Arc<Notify>,
}

tokio::task_local! {
    static BACKGROUND: ();
}

/// Runs what goes on whether or not anybody asks, such as a relay or a sweeper.
pub(crate) async fn in_background<F: Future>(task: F) -> F::Output {
    BACKGROUND.scope((), task).await
}

const BUSY_TIMEOUT: Duration = Duration::from_secs(30);
const SQLITE_READERS: u32 = 4;
const POSTGRES_CONNECTIONS: u32 = 16;

impl Db {
    pub async fn open(place: &Place) -> Result<Self, DbErr> {
        let statements = Arc::new(AtomicU64::new(0));
        let (mut writer, mut reader) = match place {
            Place::Sqlite(path) => {
                let url = format!("sqlite://{}?mode=rwc", path.display());
                let writer = connect_sqlite(&url, 1, false).await?;
                (writer, connect_sqlite(&url, SQLITE_READERS, true).await?)
            }
            Place::Postgres { url, schema } => {
                let pool = connect_postgres(url, schema).await?;
                (pool.clone(), pool)
            }
        };
        for connection in [&mut writer, &mut reader] {
            let statements = Arc::clone(&statements);
            connection.set_metric_callback(move |_| {
                if BACKGROUND.try_with(|()| ()).is_err() {
                    statements.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        Ok(Self { reader, writer, statements, sent: Arc::new(Notify::new()) })
    }

    /// A connection that reads.
    pub fn reader(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// The connection that migrations run on. Everything else writes through [`Db::begin`].
    pub fn migrator(&self) -> &DatabaseConnection {
        &self.writer
    }

    /// Begins a transaction that may write. Waits for its turn on SQLite.
    pub async fn begin(&self) -> Result<Txn, DbErr> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let inner = self.writer.begin_with_options(options).await?;
        Ok(Txn { inner, sends: AtomicBool::new(false), sent: Arc::clone(&self.sent) })
    }

    /// How many statements this database has been asked so far on somebody's behalf: what goes on in the background by
    /// itself is left out.
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// Resolves when a transaction that sends messages has committed.
    pub(crate) async fn something_was_sent(&self) {
        self.sent.notified().await;
    }
}

async fn connect_sqlite(url: &str, connections: u32, read_only: bool) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(url);
    options.max_connections(connections).acquire_timeout(BUSY_TIMEOUT).sqlx_logging(false).test_before_acquire(false);
    options.map_sqlx_sqlite_opts(move |sqlite| {
        let sqlite = sqlite
            .busy_timeout(BUSY_TIMEOUT)
            .foreign_keys(true)
            .pragma("journal_mode", "WAL")
            .pragma("synchronous", "FULL")
            .pragma("cache_size", "-16000")
            .pragma("mmap_size", "268435456");
        if read_only { sqlite.pragma("query_only", "ON") } else { sqlite }
    });
    Database::connect(options).await
}

async fn connect_postgres(url: &str, schema: &str) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    let founder = Database::connect(options.clone()).await?;
    founder.execute_unprepared(&format!("CREATE SCHEMA IF NOT EXISTS \"{schema}\"")).await?;
    founder.close().await?;
    options
        .max_connections(POSTGRES_CONNECTIONS)
        .acquire_timeout(BUSY_TIMEOUT)
        .test_before_acquire(false)
        .set_schema_search_path(schema);
    Database::connect(options).await
}

/// A transaction. What it sends leaves with its commit, or not at all.
#[derive(Debug)]
pub struct Txn {
    inner: DatabaseTransaction,
    sends: AtomicBool,
    sent: Arc<Notify>,
}

impl Txn {
    pub async fn commit(self) -> Result<(), DbErr> {
        self.inner.commit().await?;
        if self.sends.into_inner() {
            self.sent.notify_one();
        }
        Ok(())
    }

    pub async fn rollback(self) -> Result<(), DbErr> {
        self.inner.rollback().await
    }

    pub(crate) fn sends(&self) {
        self.sends.store(true, Ordering::Relaxed);
    }
}

impl Deref for Txn {
    type Target = DatabaseTransaction;

    fn deref(&self) -> &DatabaseTransaction {
        &self.inner
    }
}
