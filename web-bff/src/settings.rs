use kit::guard::Limits;
use serde::{Deserialize, Serialize};

/// `[edge]` in the configuration.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where the router answers.
    pub router_url: String,
    /// How long an operation may take before the client is told to try again.
    pub timeout_ms: u64,
    /// Whether GraphiQL offers the demo accounts.
    pub demo: bool,
    /// Where the mail catcher shows what it holds; empty where there is none.
    pub mail_url: String,
    /// What one request may ask for.
    pub guard: Limits,
}
