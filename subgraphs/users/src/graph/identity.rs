use async_graphql::Object;
use chrono::{DateTime, Utc};

use crate::identity;

/// A provider, such as Google, with which somebody signs in here.
pub struct LinkedProvider(pub identity::Identity);

/// A provider, such as Google, with which somebody signs in here.
#[Object]
impl LinkedProvider {
    /// The provider's name: `google`.
    async fn provider(&self) -> &str {
        &self.0.provider
    }

    /// When it was linked with the account.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}
