use async_graphql::{ID, Object};
use chrono::{DateTime, Utc};

use crate::session;

/// One sign-in on one device.
pub struct Session {
    session: session::Session,
    current: bool,
}

impl Session {
    pub fn new(session: session::Session, current: bool) -> Self {
        Self { session, current }
    }
}

/// One sign-in on one device.
#[Object]
impl Session {
    /// The session's id: `ses_…`.
    async fn id(&self) -> ID {
        ID::from(self.session.id.as_str())
    }

    /// What the device called itself when it signed in, such as "iPhone of Ada"; null when it gave no name.
    async fn device(&self) -> Option<&str> {
        self.session.device.as_ref().map(|device| device.as_str())
    }

    /// When the device signed in.
    async fn created_at(&self) -> DateTime<Utc> {
        self.session.created_at
    }

    /// When the device last got tokens.
    async fn last_used_at(&self) -> DateTime<Utc> {
        self.session.last_used_at
    }

    /// Whether it is the session that asks.
    async fn current(&self) -> bool {
        self.current
    }
}
