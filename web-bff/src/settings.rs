use kit::config::Secret;
use kit::guard::Limits;
use serde::{Deserialize, Serialize};

/// `[edge]` in the configuration.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where the router answers.
    pub router_url: String,
    /// Where the users subgraph answers.
    pub users_url: String,
    /// Where browsers find this shop: scheme, host and port, without a path.
    pub public_url: String,
    /// How many proxies of ours stand between clients and the edge, each adding a hop to `X-Forwarded-For`.
    pub proxies: usize,
    /// How long an operation may take before the client is told to try again.
    pub timeout_ms: u64,
    /// Whether GraphiQL offers the demo accounts.
    pub demo: bool,
    /// Root fields whose answers hold a token. No browser may ask for them.
    pub tokens: Vec<String>,
    /// How long browsers stay signed in.
    pub session: SessionSettings,
    /// Who else may say who somebody is.
    pub providers: Vec<ProviderSettings>,
    /// Where the mail catcher shows what it holds; empty where there is none.
    pub mail_url: String,
    /// What one request may ask for.
    pub guard: Limits,
}

/// `[edge.session]` in the configuration.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SessionSettings {
    /// After how many minutes without a request a session ends.
    pub idle_minutes: u32,
    /// After how many minutes a session ends however much it is used.
    pub longest_minutes: u32,
    /// The same for sessions of the staff.
    pub staff_idle_minutes: u32,
    pub staff_longest_minutes: u32,
    /// How long before its end an access token is replaced, in seconds.
    pub refresh_ahead_seconds: u32,
}

/// `[[edge.providers]]` in the configuration.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderSettings {
    /// Its place under `/auth/`, and what the account remembers it as.
    pub name: String,
    /// What people call it; empty for the name.
    #[serde(default)]
    pub label: String,
    pub kind: Kind,
    /// Where an OpenID provider's discovery document stands. A `facebook` takes another Graph from here.
    #[serde(default)]
    pub issuer: String,
    pub client_id: String,
    pub client_secret: Secret,
    /// What to ask for; empty for address and name.
    #[serde(default)]
    pub scopes: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Any provider of OpenID Connect.
    Openid,
    /// OpenID Connect with Google's issuer.
    Google,
    /// OAuth 2 and the Graph API.
    Facebook,
}
