//! A variant of the catalog, by id.

use async_graphql::{ID, SimpleObject};
use vocab::VariantId;

/// A product in one of its options.
#[derive(SimpleObject)]
#[graphql(unresolvable = "id")]
pub struct ProductVariant {
    /// The id of the variant.
    id: ID,
}

impl From<&VariantId> for ProductVariant {
    fn from(id: &VariantId) -> Self {
        Self { id: id.as_str().into() }
    }
}
