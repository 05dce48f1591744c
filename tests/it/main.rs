//! The shop as its clients meet it: through the edge, the router and Redis, on the engine under test.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a test tells its figures, and fails where it stands")]

mod access;
mod bombs;
mod chaos;
mod costs;
mod foreign_port;
mod hangups;
mod hostile;
mod house;
mod http;
mod journey;
#[path = "../../web-bff/tests/it/npm.rs"]
mod npm;
mod oauth;
mod plans;
mod privacy;
mod proof;
mod readme;
mod redaction;
mod refusals;
mod restart;
