use serde::{Deserialize, Serialize};

/// `[payments]` in the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Who moves the money.
    pub gateway: GatewayName,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum GatewayName {
    /// Nobody: test tokens, books of its own, no money.
    #[default]
    Sandbox,
}
