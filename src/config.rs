//! The configuration of every command, as `config.default.toml` documents it.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use anyhow::Context;
use kit::config::{Keys, Secret};
use kit::db::Place;
use kit::graphql::guard::Limits;
use kit::identity::token::AuthSettings;
use kit::messaging::{Bus, RedisServer};
use kit::telemetry::LogSettings;
use kit::{Sealing, SealingKey};
use reqwest::Url;
use serde::{Deserialize, Serialize};

use crate::demo::{Demo, Wish};
use crate::private;

const DEFAULTS: &str = include_str!("config.default.toml");

const KEYS: Keys = Keys {
    secrets: &["database", "redis", "sealing_key", "sealing_key_former", "mail.smtp", "edge.providers.client_secret"],
    renamed: &[("edge.demo", "demo")],
    // Where router.yaml finds the subgraphs.
    foreign: &[
        "CATALOG_URL",
        "INVENTORY_URL",
        "ORDERS_URL",
        "PAYMENTS_URL",
        "REVIEWS_URL",
        "SEARCH_URL",
        "SHIPPING_URL",
        "USERS_URL",
    ],
};

/// Where `mercato up` keeps the key that it makes.
const SEALING_KEY: &str = "sealing.key";

/// What the defaults, the file and the environment say together.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub data: PathBuf,
    pub listen: SocketAddr,
    pub demo: Wish,
    pub database: Secret,
    pub database_ca: PathBuf,
    pub database_connections: NonZeroU32,
    pub redis: Secret,
    pub redis_ca: PathBuf,
    pub redis_cert: PathBuf,
    pub redis_key: PathBuf,
    pub sealing_key: Secret,
    pub sealing_key_former: Secret,
    pub router: PathBuf,
    pub catalogue: String,
    #[serde(deserialize_with = "text_or_number")]
    pub instance: String,
    pub migrate_at_start: bool,
    pub operation_timeout_ms: u64,
    pub log: LogSettings,
    pub auth: AuthSettings,
    pub accounts: users::Settings,
    pub guard: Limits,
    pub http: kit::server::Limits,
    pub messages: kit::messaging::DeliverySettings,
    pub inventory: inventory::Settings,
    pub checkout: orders::Settings,
    pub payments: payments::Settings,
    pub shipping: shipping::Settings,
    pub mail: users::MailSettings,
    pub privacy: users::PrivacySettings,
    pub edge: web_bff::Settings,
}

impl Config {
    pub fn load(file: Option<&Path>) -> anyhow::Result<Self> {
        let config: Self = kit::config::load(DEFAULTS, file, KEYS)?;
        config.messages.check()?;
        Ok(config)
    }

    /// Where links in mails lead: where browsers find the shop, unless its operator says otherwise. Empty where neither is
    /// said.
    pub fn links(&self) -> &str {
        let links = if self.mail.links.is_empty() { &self.edge.public_url } else { &self.mail.links };
        links.trim_end_matches('/')
    }

    /// Whether this is a demo. To be asked before `listen` and `edge.public_url` are anything but the operator's words.
    pub fn decide_demo(&self) -> Demo {
        Demo::decide(self.listen, &self.edge.public_url, self.demo)
    }

    /// Where the subgraph `role` keeps its rows.
    pub fn place(&self, role: &str) -> anyhow::Result<Place> {
        match self.database.reveal() {
            "sqlite" => Ok(Place::Sqlite(self.data.join(format!("{role}.sqlite")))),
            url if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
                let (url, schema) = (proving(url, &self.database_ca)?, role.to_owned());
                Ok(Place::Postgres { url, schema, connections: self.database_connections.get() })
            }
            _ => anyhow::bail!("`database` is neither `sqlite` nor a postgres:// URL"),
        }
    }

    /// The Redis that is named; none where `mercato up` runs one of its own.
    pub fn redis_server(&self) -> anyhow::Result<RedisServer> {
        let Self { redis, redis_ca, redis_cert, redis_key, .. } = self;
        let mut server = RedisServer::at(redis.reveal());
        if redis.reveal().starts_with("unix://") {
            return Ok(server);
        }
        if !redis_ca.as_os_str().is_empty() {
            server = server.with_authority(redis_ca);
        }
        match (redis_cert.as_os_str().is_empty(), redis_key.as_os_str().is_empty()) {
            (true, true) => Ok(server),
            (false, false) => Ok(server.with_identity(redis_cert, redis_key)),
            _ => anyhow::bail!("`redis_cert` and `redis_key` belong together: give both or none"),
        }
    }

    pub async fn connect(&self) -> anyhow::Result<Bus> {
        Bus::reach(&self.redis_server()?).await.context("Redis cannot be reached")
    }

    /// The key with which secrets are sealed before they are written. Made and kept under `data` where `make` says that it
    /// may be and none is given.
    pub fn sealing(&self, make: MakeKey) -> anyhow::Result<Sealing> {
        let kept = self.data.join(SEALING_KEY);
        if !self.sealing_key.is_empty() {
            return Sealing::configured(&self.sealing_key, &self.sealing_key_former);
        }
        if !kept.exists() && make == MakeKey::WhereThereIsNone {
            let key = SealingKey::random().map_err(kit::Failure::into_anyhow)?;
            private::write_new(&kept, format!("{}\n", key.reveal()).as_bytes())?;
        }
        let text = std::fs::read_to_string(&kept).map_err(|cause| {
            anyhow::anyhow!(
                "there is no key to seal secrets with: give `sealing_key_file` a file that holds one, as `openssl rand \
                 -base64 32` writes it. `mercato up` keeps its own in {}, which cannot be read ({cause})",
                kept.display()
            )
        })?;
        let (current, former) = (Secret::new(text.trim()), &self.sealing_key_former);
        Sealing::configured(&current, former).with_context(|| kept.display().to_string())
    }

    /// Whether `mercato up` has made a sealing key here.
    pub fn sealing_key_is_kept(&self) -> bool {
        self.data.join(SEALING_KEY).exists()
    }

    /// What this replica is called among those of its role.
    pub fn instance(&self) -> String {
        if self.instance.is_empty() { kit::service::instance::host_name() } else { self.instance.clone() }
    }

    /// The folder that holds `data`, made if need be, as an absolute path that nobody else looks into.
    pub fn prepare_data(&mut self) -> anyhow::Result<()> {
        private::create_folder(&self.data)
            .with_context(|| format!("the data folder {} cannot be made", self.data.display()))?;
        self.data = self.data.canonicalize()?;
        private::close_folder(&self.data)
    }
}

/// A name may be a number, which a variable of the environment does not tell from one.
fn text_or_number<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Name {
        Text(String),
        Number(i64),
    }
    Ok(match Name::deserialize(deserializer)? {
        Name::Text(text) => text,
        Name::Number(number) => number.to_string(),
    })
}

/// Whether a key may be made that was not given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MakeKey {
    Never,
    WhereThereIsNone,
}

/// The URL of a server that is to prove itself to this authority's satisfaction, unless the URL says otherwise.
fn proving(url: &str, authority: &Path) -> anyhow::Result<String> {
    if authority.as_os_str().is_empty() {
        return Ok(url.to_owned());
    }
    let mut parsed = Url::parse(url).map_err(|cause| anyhow::anyhow!("`database` is no URL: {cause}"))?;
    let says = |names: &[&str]| parsed.query_pairs().any(|(name, _)| names.contains(&&*name));
    let says_mode = says(&["sslmode", "ssl-mode"]);
    let says_authority = says(&["sslrootcert", "ssl-root-cert", "ssl-ca"]);
    anyhow::ensure!(!says_authority, "`database` and `database_ca` both name an authority: leave one of them out");
    if !says_mode {
        parsed.query_pairs_mut().append_pair("sslmode", "verify-full");
    }
    parsed.query_pairs_mut().append_pair("sslrootcert", &authority.display().to_string());
    Ok(parsed.into())
}

#[cfg(test)]
mod tests;
