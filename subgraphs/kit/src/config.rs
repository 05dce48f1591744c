//! Configuration: the documented defaults, then a file, then `MERCATO_*` from the environment. Unknown keys fail.
//!
//! Each secret has a twin with `_file` behind its name, which names a file that holds it: `database_file`,
//! `MERCATO_DATABASE_FILE`.

mod layer;

use std::fmt;
use std::path::Path;

use figment::providers::{Env, Format, Toml};
use figment::{Figment, Provider};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use self::layer::Layer;

/// Variables that share the prefix and configure no service: they speak to the scripts and the test runner.
const NOT_CONFIGURATION: [&str; 3] = ["CONFIG", "ROUTER_", "TEST_"];

/// What has to be known of the keys beyond their types, each by its whole name: `mail.smtp`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Keys {
    /// Secrets. A list's name stands for each of its elements.
    pub secrets: &'static [&'static str],
    /// Former names of keys, and what each is called now.
    pub renamed: &'static [(&'static str, &'static str)],
    /// Variables, without the prefix, that configure another program.
    pub foreign: &'static [&'static str],
}

/// Reads the configuration. `__` in a variable's name steps into a section: `MERCATO_LOG__FORMAT=json`.
pub fn load<T: DeserializeOwned>(defaults: &str, file: Option<&Path>, keys: Keys) -> anyhow::Result<T> {
    let mut figment = Figment::from(Toml::string(defaults));
    if let Some(path) = file {
        anyhow::ensure!(path.is_file(), "there is no configuration file at {}", path.display());
        let toml = Toml::file_exact(path);
        let said = toml.data().map_err(|error| unreadable(path, &error))?;
        figment = figment.merge(Layer::new(toml.metadata(), said, keys)?);
    }
    let environment =
        Env::prefixed("MERCATO_").filter(move |key| is_ours(&key.as_str().to_ascii_uppercase(), keys)).split("__");
    figment.merge(Layer::of_environment(&environment, keys)?).extract().map_err(|error| {
        let lines: Vec<String> = error.into_iter().map(|one| format!("configuration: {one}")).collect();
        anyhow::anyhow!(lines.join("\n"))
    })
}

/// Whether a variable is meant for us.
fn is_ours(name: &str, keys: Keys) -> bool {
    let spoken_to_others = NOT_CONFIGURATION.iter().any(|other| name.starts_with(other));
    !spoken_to_others && !keys.foreign.contains(&name) && !is_service_link(name)
}

/// Kubernetes tells every container where each service of its namespace is, in variables of the service's name:
/// `MERCATO_USERS_PORT`, `MERCATO_USERS_SERVICE_HOST`, `MERCATO_USERS_PORT_4001_TCP_ADDR`. A section's name ends in `__`,
/// and no key of ours outside a section ends so.
fn is_service_link(name: &str) -> bool {
    let has = |end: &str| name.ends_with(&format!("_{end}")) || name == end;
    let of_a_protocol = ["TCP", "UDP", "SCTP"].iter().any(|protocol| name.contains(&format!("_{protocol}")));
    !name.contains("__")
        && (has("PORT")
            || has("SERVICE_HOST")
            || name.contains("SERVICE_PORT")
            || (name.contains("PORT_") && of_a_protocol))
}

/// Where a file is no TOML, without the line itself: it may hold a secret.
fn unreadable(path: &Path, error: &figment::Error) -> anyhow::Error {
    let told = error.kind.to_string();
    let shows_the_file =
        |line: &&str| line.trim_start().trim_start_matches(|c: char| c.is_ascii_digit()).trim_start().starts_with('|');
    let told: Vec<&str> = told.lines().filter(|line| !shows_the_file(line)).map(str::trim).collect();
    anyhow::anyhow!("configuration: {}: {}", path.display(), told.join(": "))
}

/// A value that is used and never shown.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether nothing is given.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Serialize for Secret {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("***")
    }
}

#[cfg(test)]
mod tests;
