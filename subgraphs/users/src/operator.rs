//! The operator: whoever runs commands on the shop's own machines.

use chrono::{DateTime, Utc};
use kit::identity::audit::AuditEvent;

/// Something that was done by a command on the shop's own machines.
pub(crate) fn operator(action: &str, subject: &str, at: DateTime<Utc>) -> AuditEvent {
    let (actor, action, subject) = ("operator".to_owned(), action.to_owned(), subject.to_owned());
    AuditEvent { actor, action, subject, detail: serde_json::Value::Null, at }
}
