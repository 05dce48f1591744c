use async_graphql::{ID, SimpleObject};

/// Something that the shop sells, in one or more variants.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(unresolvable = "id")]
pub struct Product {
    /// Stays the same for good. Starts with `prod_`.
    pub id: ID,
    /// The product's name in the address of its page. No two products share one.
    #[graphql(external)]
    pub slug: String,
    /// The product's name, for people.
    #[graphql(external)]
    pub title: String,
}
