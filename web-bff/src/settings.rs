use std::collections::BTreeMap;

use ipnet::IpNet;
use kit::config::Secret;
use kit::graphql::guard::Limits;
use serde::{Deserialize, Serialize};

use crate::address::Proxies;
use crate::origins::Origins;
use crate::public_url::PublicUrl;

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
    /// Other origins whose pages are the shop's.
    pub origins: Vec<String>,
    /// Other names that the edge answers to.
    pub hosts: Vec<String>,
    /// How many proxies of ours stand between clients and the edge, each adding a hop to `X-Forwarded-For`.
    pub proxies: usize,
    /// Where those proxies are, in place of how many they are.
    pub trusted_proxies: Vec<IpNet>,
    /// How long an operation may take before the client is told to try again.
    pub timeout_ms: u64,
    /// Whether this is a demo: GraphiQL offers its accounts, and /dev/mail shows every mail. No key of this section: it is
    /// decided once for the whole shop.
    #[serde(skip)]
    pub demo: bool,
    /// Root fields whose answers hold a token, each with what a page sends in its place. No browser may ask for them.
    pub tokens: BTreeMap<String, String>,
    /// Root fields that end the session of who asks: a page that asks for one is signed out here as well.
    pub sign_outs: Vec<String>,
    /// Whether strangers may ask for the schema.
    pub introspection: Switch,
    /// Whether there is GraphiQL.
    pub graphiql: Switch,
    /// Whether a stranger's faulty operation is answered with names that the stranger has not sent.
    pub suggestions: Switch,
    /// Where an answer holds a guest's new secret: `rootField.field`.
    pub guest_secrets: Vec<String>,
    /// Where an answer holds something once a guest's things are somebody's who is signed in: `rootField.field`.
    pub guest_claims: Vec<String>,
    /// How long browsers stay signed in.
    pub session: SessionSettings,
    /// Who else may say who somebody is.
    pub providers: Vec<ProviderSettings>,
    /// Where the mail catcher shows what it holds; empty where there is none.
    pub mail_url: String,
    /// What one request may ask for.
    pub guard: Limits,
    /// How long clients may take, and how many there may be.
    pub http: kit::server::Limits,
}

impl Settings {
    /// Fails, and says what to change, where the settings do not fit together. Whoever starts an edge asks before.
    pub fn check(&self) -> anyhow::Result<()> {
        let (public, proxies) = (PublicUrl::parse(&self.public_url)?, self.proxies()?);
        anyhow::ensure!(
            !(public.is_https() && proxies.none()),
            "`edge.public_url` is {}, and the edge has no TLS of its own: something stands in front of it, and every \
             client would have that thing's address. Say how many proxies there are in `edge.proxies`, or where they are \
             in `edge.trusted_proxies`",
            public.as_str()
        );
        Origins::new(public, &self.origins, false)?;
        Ok(())
    }

    pub(crate) fn proxies(&self) -> anyhow::Result<Proxies> {
        match (self.proxies, self.trusted_proxies.is_empty()) {
            (count, true) => Ok(Proxies::Count(count)),
            (0, false) => Ok(Proxies::At(self.trusted_proxies.clone())),
            (_, false) => {
                anyhow::bail!("`edge.proxies` and `edge.trusted_proxies` say the same: leave one of them out")
            }
        }
    }
}

/// On, off, or as the shop is: on where only its own machine reaches it, or where it is a demo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(untagged, expecting = "`true`, `false` or \"auto\"")]
pub enum Switch {
    Set(bool),
    As(Auto),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Auto {
    Auto,
}

impl Switch {
    pub const AUTO: Self = Self::As(Auto::Auto);

    pub(crate) fn is_on(self, auto: bool) -> bool {
        match self {
            Self::Set(on) => on,
            Self::As(Auto::Auto) => auto,
        }
    }
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
    /// How many days a browser keeps a guest's secret that it does not use.
    pub guest_days: u32,
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
