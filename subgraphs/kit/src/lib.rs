#![doc = include_str!("../README.md")]

pub mod audit;
pub mod caller;
mod cancellation;
pub mod clock;
pub mod config;
pub mod db;
pub mod external_command;
mod failure;
pub mod faults;
pub mod guard;
pub mod http;
pub mod instance;
mod introspection;
pub mod loopback;
pub mod messaging;
pub mod network;
pub mod page;
mod printer;
pub mod privacy;
mod quarantine;
pub mod retention;
pub mod scalars;
pub mod sdl;
pub mod sealing;
pub mod server;
pub mod service;
pub mod signing;
pub mod telemetry;
#[cfg(feature = "testing")]
pub mod testing;
pub mod token;
pub mod type_system;
pub mod variables;
mod viewer;

pub use caller::{Caller, CallerKeys, Callers};
pub use cancellation::{batched, for_request};
pub use clock::Clock;
pub use db::{Db, Txn};
pub use failure::{Code, Failure, Refusal, Result, Transient, or_null};
pub use introspection::SplitIntrospection;
pub use quarantine::Quarantine;
pub use retention::Retention;
pub use sealing::{Sealing, SealingKey};
pub use service::{Runtime, Service};
pub use signing::SigningKey;
pub use viewer::{Owner, Role, Signed, Viewer};
