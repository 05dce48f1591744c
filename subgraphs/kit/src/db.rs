//! One database of a subgraph's own: an SQLite file, or a schema on a Postgres server. The same code serves both.
//!
//! SQLite has one writer, so there is one writing connection and callers take turns on it: nobody ever sees
//! `SQLITE_BUSY`. Readers have connections of their own that cannot write.

mod abandoned;
mod among;
mod attached;
mod health;
mod migrate;
mod postgres;
mod quarantine;
pub mod retention;
mod txn;
mod writer;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbErr, TransactionTrait};

pub use among::Among;
pub(crate) use health::{cannot_hold, cannot_serve};
pub use migrate::Nowhere;
pub use quarantine::Quarantine;
pub use retention::Retention;
pub use txn::Txn;

use attached::Attached;
use txn::Held;
use writer::Writer;

/// Where a subgraph keeps its rows.
#[derive(Clone)]
pub enum Place {
    Sqlite(PathBuf),
    Postgres {
        url: String,
        schema: String,
        /// The most connections at once.
        connections: u32,
    },
}

impl Place {
    /// A schema on a Postgres server, with as many connections as a busy process needs.
    pub fn postgres(url: impl Into<String>, schema: impl Into<String>) -> Self {
        Self::Postgres { url: url.into(), schema: schema.into(), connections: postgres::CONNECTIONS }
    }
}

/// A URL may hold a password.
impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => f.debug_tuple("Sqlite").field(path).finish(),
            Self::Postgres { schema, .. } => f.debug_struct("Postgres").field("schema", schema).finish_non_exhaustive(),
        }
    }
}

/// Looks at the server of a place and leaves nothing behind. How it is; an error where a subgraph could not be there.
pub async fn look(place: &Place) -> Result<String, DbErr> {
    match place {
        Place::Sqlite(_) => Ok("SQLite files".to_owned()),
        Place::Postgres { url, .. } => postgres::look(url).await,
    }
}

/// A subgraph's database.
#[derive(Clone, Debug)]
pub struct Db {
    reader: DatabaseConnection,
    writer: DatabaseConnection,
    /// None where the engine has many writers.
    turns: Option<Writer>,
    /// None where the database is nobody else's.
    schema: Option<Arc<str>>,
    counted: Counted,
    attached: Arc<Attached>,
    /// Whether the last commit failed.
    failing: Arc<AtomicBool>,
}

/// Counts the statements of every connection that it is given.
#[derive(Clone, Debug, Default)]
struct Counted(Arc<AtomicU64>);

impl Counted {
    async fn connect(&self, options: ConnectOptions) -> Result<DatabaseConnection, DbErr> {
        let mut connection = Database::connect(options).await?;
        let statements = Arc::clone(&self.0);
        connection.set_metric_callback(move |_| {
            if BACKGROUND.try_with(|()| ()).is_err() {
                statements.fetch_add(1, Ordering::Relaxed);
            }
        });
        Ok(connection)
    }
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
/// Lists of every length are statements of their own.
const STATEMENTS_KEPT: usize = 500;

impl Db {
    pub async fn open(place: &Place) -> Result<Self, DbErr> {
        let (counted, attached, failing) = (Counted::default(), Arc::default(), Arc::default());
        match place {
            Place::Sqlite(path) => {
                let url = format!("sqlite://{}?mode=rwc", path.display());
                let options = sqlite(&url, 1, false);
                let writer = counted.connect(options.clone()).await?;
                let reader = counted.connect(sqlite(&url, SQLITE_READERS, true)).await?;
                let turns = Some(Writer::new(writer.clone(), options, counted.clone()));
                Ok(Self { reader, writer, turns, schema: None, counted, attached, failing })
            }
            Place::Postgres { url, schema, connections } => {
                let writer = postgres::open(url, schema, *connections, &counted).await?;
                let schema = Some(Arc::from(schema.as_str()));
                Ok(Self { reader: writer.clone(), writer, turns: None, schema, counted, attached, failing })
            }
        }
    }

    /// A connection that reads.
    pub fn reader(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// The writing connection itself, past every turn: for tests that break something on purpose.
    #[cfg(feature = "testing")]
    pub fn raw(&self) -> &DatabaseConnection {
        &self.writer
    }

    /// Begins a transaction that may write. Waits for its turn on SQLite.
    pub async fn begin(&self) -> Result<Txn, DbErr> {
        let held = match &self.turns {
            Some(turns) => Held::Together(turns.begin().await?),
            None => Held::Alone(self.writer.begin().await?),
        };
        Ok(Txn::new(held, Arc::clone(&self.attached), Arc::clone(&self.failing)))
    }

    /// Whether the last commit failed, as on a full disk.
    pub(crate) fn is_failing(&self) -> bool {
        self.failing.load(Ordering::Relaxed)
    }

    /// How many statements this database has been asked so far on somebody's behalf: what goes on in the background by
    /// itself is left out.
    pub fn statements(&self) -> u64 {
        self.counted.0.load(Ordering::Relaxed)
    }

    /// State that somebody else keeps with this database, one value of each type; made when it is first asked for.
    pub(crate) fn attached<T: Default + Send + Sync + 'static>(&self) -> Arc<T> {
        self.attached.get()
    }
}

fn sqlite(url: &str, connections: u32, read_only: bool) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options.max_connections(connections).acquire_timeout(BUSY_TIMEOUT).sqlx_logging(false).test_before_acquire(false);
    options.map_sqlx_sqlite_opts(move |sqlite| {
        let sqlite = sqlite
            .busy_timeout(BUSY_TIMEOUT)
            .foreign_keys(true)
            .statement_cache_capacity(STATEMENTS_KEPT)
            .pragma("journal_mode", "WAL")
            .pragma("synchronous", "FULL")
            // What is deleted or written over is written over in the file as well: links were mailed, people are forgotten.
            .pragma("secure_delete", "ON")
            .pragma("cache_size", "-16000")
            .pragma("mmap_size", "268435456");
        if read_only { sqlite.pragma("query_only", "ON") } else { sqlite }
    });
    if read_only {
        abandoned::interrupt_on_sqlite(&mut options);
    }
    options
}
