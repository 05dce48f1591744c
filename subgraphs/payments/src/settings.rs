use serde::{Deserialize, Serialize};

/// `[payments]` in the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Who moves the money.
    pub gateway: GatewayName,
    /// For how long after a move an order may wait for its counterpart before it counts as one that does not add up.
    pub settling_seconds: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { gateway: GatewayName::default(), settling_seconds: 60 }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum GatewayName {
    /// Nobody: test tokens, books of its own, no money.
    #[default]
    Sandbox,
}
