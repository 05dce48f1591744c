//! The shop as its clients meet it: through the edge, the router and Redis, on the engine under test.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a test tells its figures, and fails where it stands")]

mod access;
mod bare;
mod bombs;
mod chaos;
mod costs;
mod demo;
mod foreign_port;
mod glossary;
mod guests;
mod hangups;
mod hostile;
mod house;
mod http;
mod journey;
mod memory;
mod migrations;
mod modules;
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
mod secrets;
mod variables;
