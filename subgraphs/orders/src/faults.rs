//! Faults that a request is remembered by: who sends it again is told the same, and nothing is tried twice.

use async_graphql::{Error, ErrorExtensions, Value};
use kit::Failure;
use sea_orm::{DbErr, RuntimeErr, SqlxError};

use crate::store::Fault;

/// SQLite's primary codes for a file that cannot be written: PERM, BUSY, LOCKED, NOMEM, READONLY, IOERR, CORRUPT, FULL,
/// CANTOPEN, PROTOCOL.
const SQLITE_UNWRITABLE: &[u32] = &[3, 5, 6, 7, 8, 10, 11, 13, 14, 15];

/// Postgres' classes of the same: connections, transactions that lost to another, resources, operators, the system.
const POSTGRES_UNWRITABLE: &[&str] = &["08", "25", "40", "53", "55", "57", "58"];

/// Whether it was the database that could not be written. Then nothing was tried, and trying again may help.
pub(crate) fn is_unwritable(failure: &Failure) -> bool {
    let Failure::Fault(cause) = failure else { return false };
    cause.chain().filter_map(|cause| cause.downcast_ref::<DbErr>()).any(|cause| match cause {
        DbErr::ConnectionAcquire(_) => true,
        DbErr::Conn(error) | DbErr::Exec(error) | DbErr::Query(error) => is_of_the_machine(error),
        _ => false,
    })
}

fn is_of_the_machine(error: &RuntimeErr) -> bool {
    let RuntimeErr::SqlxError(error) = error else { return false };
    match &**error {
        SqlxError::Database(refused) => refused.code().is_some_and(|code| is_unwritable_code(&code)),
        SqlxError::Io(_)
        | SqlxError::Tls(_)
        | SqlxError::PoolTimedOut
        | SqlxError::PoolClosed
        | SqlxError::WorkerCrashed => true,
        _ => false,
    }
}

fn is_unwritable_code(code: &str) -> bool {
    match (code.len(), code.parse::<u32>()) {
        (5, _) if !code.is_ascii() => false,
        (5, _) => POSTGRES_UNWRITABLE.contains(&&code[..2]),
        // The primary code is the last byte of an extended one.
        (_, Ok(code)) => SQLITE_UNWRITABLE.contains(&(code & 0xFF)),
        _ => false,
    }
}

impl Fault {
    /// The fault that `error` tells a client of. None for a refusal.
    pub(crate) fn told_by(error: &Error) -> Option<Self> {
        let extension = |name| match error.extensions.as_ref()?.get(name)? {
            Value::String(text) => Some(text.clone()),
            _ => None,
        };
        Some(Self { message: error.message.clone(), code: extension("code")?, trace_id: extension("traceId")? })
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::new(fault.message).extend_with(|_, extensions| {
            extensions.set("code", fault.code);
            extensions.set("traceId", fault.trace_id);
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_machine_could_not_do_is_told_from_what_we_did_wrong() {
        for code in ["13", "10", "778", "8", "1032", "5", "53100", "58030", "08006", "40001", "57P01"] {
            assert!(is_unwritable_code(code), "{code}");
        }
        for code in ["1", "19", "2067", "1555", "23505", "42P01", "22001", "", "nonsense"] {
            assert!(!is_unwritable_code(code), "{code}");
        }
        assert!(!is_unwritable(&Failure::fault(anyhow::anyhow!("our own"))));
        assert!(is_unwritable(&Failure::from(DbErr::ConnectionAcquire(sea_orm::ConnAcquireErr::Timeout))));
    }
}
