//! `auditLog`.

use async_graphql::connection::Connection;
use async_graphql::{Context, ID, Json, Object};
use chrono::{DateTime, Utc};
use kit::graphql::page::Page;
use kit::{Result, Viewer};

use crate::store::{Recorded, Store};

/// What staff need to read the audit log.
const PERMISSION: &str = "reports";

/// Something that staff did.
pub struct AuditEntry(Recorded);

/// Something that staff did. An entry is never changed and never removed.
#[Object]
impl AuditEntry {
    /// The id of the entry.
    async fn id(&self) -> ID {
        ID::from(&self.0.id)
    }

    /// When it was done.
    async fn at(&self) -> DateTime<Utc> {
        self.0.deed.at
    }

    /// Who did it: the id of a user, or `operator` for a command on the shop's own machines.
    async fn actor(&self) -> ID {
        ID::from(&self.0.deed.actor)
    }

    /// What was done, such as `order.cancel`.
    async fn action(&self) -> &str {
        &self.0.deed.action
    }

    /// The id of what it was done to.
    async fn subject(&self) -> ID {
        ID::from(&self.0.deed.subject)
    }

    /// What else there is to know, by action. Null when there is nothing.
    async fn detail(&self) -> Option<Json<&serde_json::Value>> {
        (!self.0.deed.detail.is_null()).then_some(Json(&self.0.deed.detail))
    }
}

#[derive(Default)]
pub struct AuditLogQuery;

#[Object]
impl AuditLogQuery {
    /// What staff did anywhere in the shop, the newest first. For staff with the permission `reports`.
    /// Null when it cannot be looked up now.
    async fn audit_log(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What was done to this alone: the id of an order, a user, a dead letter …")] subject: Option<
            ID,
        >,
        #[graphql(desc = "How many; 1 to 100.", default = 20)] first: i32,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
    ) -> Result<Option<Connection<String, AuditEntry>>> {
        ctx.data_unchecked::<Viewer>().require(PERMISSION)?;
        let page = Page::try_new(first, after)?;
        let subject = subject.as_deref().map(String::as_str);
        let found = match subject.is_some_and(|subject| subject.contains(char::is_control)) {
            // Nothing has such an id, and Postgres takes no NUL to look for.
            true => Vec::new(),
            false => ctx.data_unchecked::<Store>().audit_log(&page, subject).await?,
        };
        Ok(Some(page.connection(found, Recorded::place, AuditEntry)))
    }
}
