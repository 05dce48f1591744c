//! Kit's rules on a real database and a real Redis.

#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod abandoned;
mod callers;
mod database;
mod delivery;
mod ending;
mod forgotten;
mod groups;
mod instance;
mod keys;
mod lanes;
mod migrations;
mod relays;
mod retention;
mod tls;
