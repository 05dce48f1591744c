//! Messages between subgraphs: written in the transaction that causes them, published after its commit, handled once.
//!
//! A message is first a row of the sender's `outbox`. The [`Relay`] publishes it on a Redis Stream. A consumer writes its
//! effect and a row of its own `inbox` in one transaction, then sends an ack back to the sender. The row stays in the outbox,
//! and the message is sent again, until every group of its [`Subscribers`] has acknowledged it. So Redis may repeat a
//! message, or lose all of them: the databases are the truth.

mod ack;
mod backlog;
mod bus;
mod consume;
mod counting;
mod dead;
mod entry;
pub mod external_command;
mod groups;
mod housekeeping;
mod in_flight;
mod outbox;
mod outgoing;
mod relay;
mod server;
mod settings;
mod subscribers;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use bus::{Bus, Lag};
pub use consume::{DeadLettering, MessageHandler, Subscription, consume};
pub(crate) use counting::{CountingHandler, Counts};
pub use dead::{DeadLetter, DeadLetters};
pub use groups::replica_group;
pub(crate) use housekeeping::{can_be_written, retention as retention_of_inbox};
pub use housekeeping::{forget, tidy};
pub(crate) use outgoing::{CommitNotifier, Outgoing};
pub use relay::{Relay, unacknowledged, unsent};
pub use server::{RedisServer, explained, is_transient_in_redis};
pub use settings::DeliverySettings;
pub use subscribers::Subscribers;

#[cfg(feature = "testing")]
pub(crate) mod testing {
    pub(crate) use super::outbox::outbox_row;
}

/// A message. `kind` names what it says and in which version: `lamp.switch_on.v1`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Stays the same however often the message is sent, so that it lands once.
    pub id: Uuid,
    pub kind: String,
    /// What the message is about: messages with one key concern one thing.
    pub key: String,
    pub body: serde_json::Value,
}

impl Message {
    pub fn new(kind: &str, key: impl Into<String>, body: &impl Serialize) -> Result<Self, serde_json::Error> {
        Ok(Self { id: Uuid::now_v7(), kind: kind.to_owned(), key: key.into(), body: serde_json::to_value(body)? })
    }

    /// The same message under an id derived from `parts`: sent twice, it lands once.
    pub fn with_derived_id(mut self, parts: &[&str]) -> Self {
        self.id = derived_id(parts);
        self
    }

    pub fn read<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        T::deserialize(&self.body)
    }
}

fn derived_id(parts: &[&str]) -> Uuid {
    use sha2::{Digest, Sha256};
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_le_bytes());
        hash.update(part.as_bytes());
    }
    let digest = hash.finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_step_of_one_thing_has_one_id() {
        assert_eq!(derived_id(&["ord_1", "reserve"]), derived_id(&["ord_1", "reserve"]));
        assert_ne!(derived_id(&["ord_1", "reserve"]), derived_id(&["ord_1r", "eserve"]));
    }
}
