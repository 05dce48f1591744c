//! Telling a database that cannot serve now from a fault of ours.

use std::error::Error;

use sea_orm::sqlx::Error as SqlxError;

/// SQLite's primary result codes that say: not now. Nothing was written, and the same may work later.
const SQLITE_NOT_NOW: [i32; 9] = [
    5,  // SQLITE_BUSY
    6,  // SQLITE_LOCKED
    7,  // SQLITE_NOMEM
    8,  // SQLITE_READONLY
    10, // SQLITE_IOERR
    11, // SQLITE_CORRUPT
    13, // SQLITE_FULL
    14, // SQLITE_CANTOPEN
    15, // SQLITE_PROTOCOL
];

/// Classes of Postgres' SQLSTATE that say the same: connections, transactions that lost to another, resources, locks,
/// operators, the system.
const POSTGRES_NOT_NOW: [&str; 7] = ["08", "25", "40", "53", "55", "57", "58"];

/// SQLSTATEs of Postgres for a text that it cannot hold: such as no character has, or a NUL.
const POSTGRES_NO_TEXT: [&str; 2] = ["22021", "22P05"];

/// Whether a failure means that a text was sent which the database cannot hold.
pub(crate) fn cannot_hold(cause: &anyhow::Error) -> bool {
    let said = |cause: &SqlxError| match cause {
        SqlxError::Database(said) => said.code().is_some_and(|code| POSTGRES_NO_TEXT.contains(&code.as_ref())),
        _ => false,
    };
    cause.chain().any(|cause| sqlx(cause).is_some_and(said))
}

/// Whether a failure means that the database cannot be written or reached now: a full disk, a sync that failed, a
/// server that is away. What failed so was not kept.
pub(crate) fn cannot_serve(cause: &anyhow::Error) -> bool {
    cause.chain().any(not_now)
}

fn not_now(cause: &(dyn Error + 'static)) -> bool {
    matches!(cause.downcast_ref(), Some(sea_orm::DbErr::ConnectionAcquire(_))) || sqlx(cause).is_some_and(sqlx_not_now)
}

fn sqlx<'e>(cause: &'e (dyn Error + 'static)) -> Option<&'e SqlxError> {
    match cause.downcast_ref::<sea_orm::DbErr>() {
        Some(failed) => sqlx_cause(failed),
        None => cause.downcast_ref(),
    }
}

fn sqlx_cause(failed: &sea_orm::DbErr) -> Option<&SqlxError> {
    use sea_orm::{DbErr, RuntimeErr};
    match failed {
        DbErr::Conn(RuntimeErr::SqlxError(cause))
        | DbErr::Exec(RuntimeErr::SqlxError(cause))
        | DbErr::Query(RuntimeErr::SqlxError(cause)) => Some(cause),
        _ => None,
    }
}

fn sqlx_not_now(cause: &SqlxError) -> bool {
    match cause {
        SqlxError::Io(_) | SqlxError::PoolTimedOut | SqlxError::PoolClosed | SqlxError::WorkerCrashed => true,
        SqlxError::Database(said) => said.code().is_some_and(|code| code_not_now(&code)),
        _ => false,
    }
}

/// A SQLSTATE has five characters, none of SQLite's codes has.
fn code_not_now(code: &str) -> bool {
    if code.len() == 5 {
        POSTGRES_NOT_NOW.iter().any(|class| code.starts_with(class))
    } else {
        code.parse::<i32>().is_ok_and(|code| SQLITE_NOT_NOW.contains(&(code & 0xff)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_and_a_lost_connection_pass_and_a_broken_rule_does_not() {
        for code in ["13", "10", "3338", "53100", "08006", "57P01", "40001"] {
            assert!(code_not_now(code), "{code}");
        }
        for code in ["19", "1555", "23505", "42P01", "1", "?"] {
            assert!(!code_not_now(code), "{code}");
        }
        assert!(cannot_serve(&anyhow::Error::new(sea_orm::DbErr::ConnectionAcquire(sea_orm::ConnAcquireErr::Timeout))));
        assert!(!cannot_serve(&anyhow::anyhow!("our own")));
    }
}
