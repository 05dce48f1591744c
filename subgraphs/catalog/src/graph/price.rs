//! What things cost.

use async_graphql::SimpleObject;
use vocab::Money;

use crate::product;

/// What a variant costs.
#[derive(SimpleObject)]
pub struct Price {
    /// What one unit costs now.
    pub current: Money,
    /// What it is compared with, such as the maker's price: shown struck through. Null when there is none.
    pub compare_at: Option<Money>,
    /// Whether the tax is in these amounts. It is: the checkout adds delivery to them, and nothing else.
    pub tax_included: bool,
}

/// From the cheapest variant of a product to the dearest. Both are the same when all cost the same.
#[derive(SimpleObject)]
pub struct PriceRange {
    /// The price of the cheapest variant.
    pub min: Money,
    /// The price of the dearest variant.
    pub max: Money,
}

impl From<product::PriceRange> for PriceRange {
    fn from(range: product::PriceRange) -> Self {
        Self { min: range.min, max: range.max }
    }
}
