//! The edge, as far as a subgraph under test can tell.

use std::sync::LazyLock;

use axum::http::HeaderValue;

use crate::{CallerKeys, Callers, Clock};

static KEYS: LazyLock<CallerKeys> =
    LazyLock::new(|| CallerKeys::generate("web-bff", Clock::system()).expect("the machine has entropy"));

/// Keys that [`callers`] believes.
pub fn caller_keys() -> &'static CallerKeys {
    &KEYS
}

/// Believes what [`caller_keys`] sign.
pub fn callers() -> Callers {
    Callers::fixed(KEYS.current().public())
}

/// What goes into the header `x-mercato-caller` of a request that [`callers`] let in.
pub fn credential() -> HeaderValue {
    KEYS.credential(None).expect("it signs")
}
