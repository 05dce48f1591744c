//! What those who may do more than others have done: told in the transaction of the deed, so that there is none without
//! its record, to whoever keeps the records.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::messaging::Message;
use crate::{Result, Signed, Txn};

/// Where deeds are told.
pub const STREAM: &str = "audit.events";
/// The message that tells of one.
pub const RECORDED: &str = "audit.recorded.v1";

/// Something that was done, by whom and to what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuditEvent {
    /// The id of the user who did it.
    pub actor: String,
    /// What it was: `lamp.switch_off`.
    pub action: String,
    /// The id of what it was done to.
    pub subject: String,
    /// What else there is to know. Nothing personal, nothing secret.
    #[serde(default)]
    pub detail: serde_json::Value,
    pub at: DateTime<Utc>,
}

impl AuditEvent {
    pub fn of(actor: &Signed, action: &str, subject: &str, at: DateTime<Utc>) -> Self {
        Self {
            actor: actor.user_id.clone(),
            action: action.to_owned(),
            subject: subject.to_owned(),
            detail: serde_json::Value::Null,
            at,
        }
    }

    pub fn with_detail(mut self, detail: serde_json::Value) -> Self {
        self.detail = detail;
        self
    }
}

impl Txn {
    /// Tells of a deed when this transaction commits.
    pub async fn record(&self, deed: &AuditEvent) -> Result<()> {
        self.send(STREAM, &Message::new(RECORDED, &deed.subject, deed)?).await
    }
}
