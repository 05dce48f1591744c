#![doc = include_str!("../README.md")]

mod cancellation;
pub mod clock;
pub mod config;
pub mod db;
mod failure;
pub mod faults;
pub mod graphql;
pub mod identity;
pub mod loopback;
pub mod messaging;
pub mod network;
pub mod server;
pub mod service;
pub mod telemetry;
#[cfg(feature = "testing")]
pub mod testing;

pub use cancellation::{batched, for_request};
pub use clock::Clock;
pub use db::{Db, Quarantine, Retention, Txn};
pub use failure::{Code, Failure, Refusal, Result, Transient, or_null};
pub use graphql::SplitIntrospection;
pub use identity::{Caller, CallerKeys, Callers, Owner, Role, Sealing, SealingKey, Signed, SigningKey, Viewer};
pub use service::{Runtime, Service};
