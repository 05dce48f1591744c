//! A variant of the catalog, by id.

use async_graphql::{ID, SimpleObject};
use vocab::VariantId;

/// A product in one size, colour or other make: what a shopper puts into the cart.
#[derive(SimpleObject)]
#[graphql(unresolvable = "id")]
pub struct ProductVariant {
    /// Stays the same for good. Starts with `var_`.
    id: ID,
}

impl From<&VariantId> for ProductVariant {
    fn from(id: &VariantId) -> Self {
        Self { id: id.as_str().into() }
    }
}
