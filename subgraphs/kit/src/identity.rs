//! Who asks, and which process calls: tokens and credentials, verified here and signed with keys that are sealed at rest.
//! Also what is done in people's names: audit events, and the export and erasure of what is kept on a person.
//!
//! Knows no GraphQL and no rule of who may do what.

pub mod audit;
pub mod caller;
pub mod privacy;
pub mod sealing;
pub mod signing;
pub mod token;
mod viewer;

pub use caller::{Caller, CallerKeys, Callers};
pub use sealing::{Sealing, SealingKey};
pub use signing::SigningKey;
pub use viewer::{Owner, Role, Signed, Viewer};
