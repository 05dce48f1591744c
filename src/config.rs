//! The configuration of every command, as `config.default.toml` documents it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context;
use kit::config::Secret;
use kit::db::Place;
use kit::guard::Limits;
use kit::telemetry::LogSettings;
use kit::token::AuthSettings;
use serde::Deserialize;

const DEFAULTS: &str = include_str!("config.default.toml");

/// What the defaults, the file and the environment say together.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub data: PathBuf,
    pub listen: SocketAddr,
    pub database: Secret,
    pub redis: Secret,
    pub router: PathBuf,
    pub catalogue: String,
    pub instance: String,
    pub operation_timeout_ms: u64,
    pub log: LogSettings,
    pub auth: AuthSettings,
    pub accounts: users::Settings,
    pub guard: Limits,
    pub http: kit::server::Limits,
    pub messages: kit::message::Patience,
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
        kit::config::load(DEFAULTS, file)
    }

    /// Where the subgraph `role` keeps its rows.
    pub fn place(&self, role: &str) -> anyhow::Result<Place> {
        match self.database.reveal() {
            "sqlite" => Ok(Place::Sqlite(self.data.join(format!("{role}.sqlite")))),
            url if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
                Ok(Place::Postgres { url: url.to_owned(), schema: role.to_owned() })
            }
            _ => anyhow::bail!("`database` is neither `sqlite` nor a postgres:// URL"),
        }
    }

    /// The folder that holds `data`, made if need be, as an absolute path.
    pub fn prepare_data(&mut self) -> anyhow::Result<()> {
        std::fs::create_dir_all(&self.data)
            .with_context(|| format!("the data folder {} cannot be made", self.data.display()))?;
        self.data = self.data.canonicalize()?;
        Ok(())
    }
}
