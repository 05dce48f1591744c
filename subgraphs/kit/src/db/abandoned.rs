//! Statements that nobody waits for any more end, on either engine.
//!
//! Dropping the future of a statement stops nobody from working on it. SQLite looks between two steps of a statement
//! whether its request is still there. A Postgres connection that comes back to the pool with its statement still
//! running is closed, and the server, which looks for that, ends the statement.
//!
//! SQLite's writer is left out: to interrupt a write would undo the round that it shares with others, and its statements
//! are short.

use std::time::Duration;

use sea_orm::ConnectOptions;
use sea_orm::sqlx::postgres::PgConnection;
use sea_orm::sqlx::sqlite::SqliteConnection;
use sea_orm::sqlx::{AssertSqlSafe, Connection, Error, Executor};

use crate::cancellation;

/// How many steps of SQLite's machine lie between two looks: some tens of microseconds.
const STEPS: i32 = 10_000;
/// How long a connection that was given back may take to answer before its statement counts as abandoned.
const ANSWERS_WITHIN: Duration = Duration::from_millis(100);

/// How often Postgres looks whether a client is still there, and after how long it gives a statement up by itself: one
/// whose client is behind a broken line. Nobody waits longer for a row that another holds, and a transaction whose process
/// has stopped in the middle gives back what it holds. A migration that needs longer says so with `SET LOCAL`.
const SERVER_LOOKS: &str = "SELECT set_config('statement_timeout', '60s', false); \
     SELECT set_config('lock_timeout', '20s', false); \
     SELECT set_config('idle_in_transaction_session_timeout', '60s', false); \
     SELECT set_config(name, '250ms', false) FROM pg_settings WHERE name = 'client_connection_check_interval'";

/// For connections that read.
pub(super) fn interrupt_on_sqlite(options: &mut ConnectOptions) {
    options.map_sqlx_sqlite_pool_opts(|pool| {
        pool.after_connect(|connection, _| Box::pin(watch(connection))).before_acquire(|connection, _| {
            Box::pin(async move {
                watch(connection).await?;
                Ok(true)
            })
        })
    });
}

/// Ties what the connection does next to the request that has acquired it.
async fn watch(connection: &mut SqliteConnection) -> Result<(), Error> {
    let mut handle = connection.lock_handle().await?;
    match cancellation::current() {
        Some(request) => handle.set_progress_handler(STEPS, move || !request.is_cancelled()),
        None => handle.remove_progress_handler(),
    }
    Ok(())
}

/// For connections to `schema`.
pub(super) fn interrupt_on_postgres(options: &mut ConnectOptions, schema: &str) {
    let prepare = format!("SET search_path = \"{schema}\"; {SERVER_LOOKS}");
    options.map_sqlx_postgres_pool_opts(move |pool| {
        let prepare = prepare.clone();
        pool.after_connect(move |connection, _| {
            let prepare = prepare.clone();
            Box::pin(async move { connection.execute(AssertSqlSafe(prepare)).await.map(drop) })
        })
        .after_release(|connection, _| Box::pin(is_done(connection)))
    });
}

/// Whether a connection that was given back has done its work. One that has not is closed.
async fn is_done(connection: &mut PgConnection) -> Result<bool, Error> {
    match tokio::time::timeout(ANSWERS_WITHIN, connection.ping()).await {
        Ok(answered) => answered.map(|()| true),
        Err(_elapsed) => Ok(false),
    }
}
