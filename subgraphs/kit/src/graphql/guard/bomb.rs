use anyhow::Context;
use figment::Figment;
use figment::providers::{Format, Toml};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// A request that asks for much with few words. Tests and benchmarks keep theirs in files.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bomb {
    pub name: String,
    /// Which server it is for.
    pub door: String,
    pub query: String,
    #[serde(default)]
    pub operation: Option<String>,
    #[serde(default)]
    variables: Map<String, Value>,
    #[serde(default)]
    keys: Option<Keys>,
}

/// What the variable `keys` holds: the representation of one entity, so many times.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    __typename: String,
    id: String,
    times: usize,
}

impl Bomb {
    /// Reads a file of them, each a table `[[bomb]]`.
    pub fn parse(toml: &str) -> anyhow::Result<Vec<Self>> {
        Figment::from(Toml::string(toml)).extract_inner("bomb").context("the bombs cannot be read")
    }

    pub fn variables(&self) -> Map<String, Value> {
        let mut variables = self.variables.clone();
        if let Some(Keys { __typename, id, times }) = &self.keys {
            let key = json!({ "__typename": __typename, "id": id });
            variables.insert("keys".to_owned(), vec![key; *times].into());
        }
        variables
    }

    /// The body of the request that sends it.
    pub fn body(&self) -> Value {
        let mut body = json!({ "query": self.query, "variables": self.variables() });
        if let Some(name) = &self.operation {
            body["operationName"] = name.as_str().into();
        }
        body
    }
}
