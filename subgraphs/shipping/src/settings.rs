use serde::{Deserialize, Serialize};

/// `[shipping]` in the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Who moves the parcels.
    pub carrier: CarrierName,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CarrierName {
    /// Nobody: test addresses, books of its own, no parcel.
    #[default]
    Sandbox,
}
