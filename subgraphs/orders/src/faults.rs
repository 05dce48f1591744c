//! Faults that a request is remembered by: who sends it again is told the same, and nothing is tried twice.

use async_graphql::{Error, ErrorExtensions, Value};

use crate::store::Fault;

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
