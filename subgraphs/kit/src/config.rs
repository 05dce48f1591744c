//! Configuration: the documented defaults, then a file, then `MERCATO_*` from the environment. Unknown keys fail.

use std::fmt;
use std::path::Path;

use figment::Figment;
use figment::providers::{Env, Format, Toml};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Variables that share the prefix and configure no service: they speak to the scripts and the test runner.
const NOT_CONFIGURATION: [&str; 3] = ["CONFIG", "ROUTER_", "TEST_"];

/// Reads the configuration. `__` in a variable's name steps into a section: `MERCATO_LOG__FORMAT=json`.
pub fn load<T: DeserializeOwned>(defaults: &str, file: Option<&Path>) -> anyhow::Result<T> {
    let mut figment = Figment::from(Toml::string(defaults));
    if let Some(path) = file {
        anyhow::ensure!(path.is_file(), "there is no configuration file at {}", path.display());
        figment = figment.merge(Toml::file_exact(path));
    }
    let environment = Env::prefixed("MERCATO_")
        .filter(|key| !NOT_CONFIGURATION.iter().any(|other| key.as_str().to_ascii_uppercase().starts_with(other)))
        .split("__");
    figment.merge(environment).extract().map_err(|error| {
        let lines: Vec<String> = error.into_iter().map(|one| format!("configuration: {one}")).collect();
        anyhow::anyhow!(lines.join("\n"))
    })
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
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Settings {
        listen: String,
    }

    #[test]
    fn an_unknown_key_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("mercato.toml");
        std::fs::write(&file, "lisen = \"127.0.0.1:1\"\n").expect("written");
        let refused = load::<Settings>("listen = \"127.0.0.1:4000\"", Some(&file)).expect_err("a typing error");
        assert!(refused.to_string().contains("lisen"), "{refused}");
    }

    #[test]
    fn a_secret_never_prints() {
        let secret = Secret::new("hunter2");
        assert_eq!(format!("{secret:?} {}", serde_json::to_string(&secret).expect("plain")), "*** \"***\"");
    }

    #[test]
    fn the_defaults_stand_where_nothing_else_is_said() {
        let settings: Settings = load("listen = \"127.0.0.1:4000\"", None).expect("defaults are whole");
        assert_eq!(settings.listen, "127.0.0.1:4000");
    }
}
