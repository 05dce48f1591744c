//! An entry of a stream, as the message that it carries.

use redis::streams::StreamId;
use uuid::Uuid;

use super::Message;
use crate::{Failure, Result};

pub(super) fn message(entry: &StreamId) -> Result<Message> {
    Ok(Message {
        id: Uuid::parse_str(&field(entry, "id")?)?,
        kind: field(entry, "kind")?,
        key: field(entry, "key")?,
        body: serde_json::from_str(&field(entry, "body")?)?,
    })
}

/// Who sent it; none of an entry that did not come from an outbox.
pub(super) fn sender(entry: &StreamId) -> Option<String> {
    entry.get("from")
}

fn field(entry: &StreamId, name: &str) -> Result<String> {
    entry.get(name).ok_or_else(|| Failure::fault(anyhow::anyhow!("entry {} has no `{name}`", entry.id)))
}
