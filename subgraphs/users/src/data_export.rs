//! An export: what the shop holds on a person, part by part.

use chrono::{DateTime, Utc};
use vocab::ExportId;

/// An export that somebody has asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataExport {
    pub id: ExportId,
    pub requested_at: DateTime<Utc>,
    pub ready: bool,
    pub expired: bool,
    pub expires_at: Option<DateTime<Utc>>,
    pub parts: Vec<Part>,
}

/// What one part of the shop holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub keeper: String,
    /// None until it is there.
    pub received_at: Option<DateTime<Utc>>,
}
