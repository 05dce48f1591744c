//! An account at another provider, with which somebody signs in here.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use vocab::UserId;

/// Whom the edge signs assertions for.
pub const AUDIENCE: &str = "mercato-identity";
/// What the edge's credential says that it does, when it brings one.
pub const ACT: &str = "identity";

/// What the edge has learned from a provider about somebody who signed in there.
#[derive(Clone, Serialize, Deserialize)]
pub struct Assertion {
    /// The provider's name in our configuration.
    pub provider: String,
    /// Who it is, in the provider's words. Stays the same for ever.
    pub sub: String,
    #[serde(default)]
    pub email: Option<String>,
    /// Whether the provider vouches that the address is theirs.
    #[serde(default)]
    pub email_verified: bool,
    #[serde(default)]
    pub name: Option<String>,
}

/// Nobody's address or name may reach a log.
impl std::fmt::Debug for Assertion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Assertion").field("provider", &self.provider).finish_non_exhaustive()
    }
}

/// A provider's account that an account of ours is linked with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub provider: String,
    pub user_id: UserId,
    pub created_at: DateTime<Utc>,
}
