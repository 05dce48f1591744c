use async_graphql::{ID, SimpleObject};

use super::product::Product;
use crate::response::Hit;

/// A product that was found.
#[derive(Clone, Debug, SimpleObject)]
pub struct SearchHit {
    /// Where this hit stands in the list. Pass it as `after` to go on behind it.
    pub cursor: String,
    /// The product. Null when it was removed from the catalog a moment ago.
    #[graphql(provides = "slug title")]
    pub product: Option<Product>,
    /// The piece of the description that matches best, as HTML: its text is escaped, matches stand in `<em>`. Null
    /// without a query, and when nothing of the description matches.
    pub highlight: Option<String>,
}

impl From<Hit> for SearchHit {
    fn from(hit: Hit) -> Self {
        let product = Product { id: ID(hit.id), slug: hit.slug, title: hit.title };
        Self { cursor: kit::graphql::page::encode(&hit.key), product: Some(product), highlight: hit.highlight }
    }
}
