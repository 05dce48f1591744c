//! How much of a variant is free, as the inventory last said.

use serde::Deserialize;
use vocab::VariantId;

/// How many units of a variant anybody could take.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FreeUnits {
    pub variant_id: VariantId,
    pub free: i64,
    pub version: i64,
}
