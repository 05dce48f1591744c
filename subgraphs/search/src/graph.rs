//! The schema.

mod facet;
mod filter_token;
mod product;
mod search;
mod search_hit;
mod search_result;

use async_graphql::{EmptyMutation, EmptySubscription, Request};
use kit::Viewer;

use self::search::SearchQuery;
use crate::index::Index;

pub type Schema = async_graphql::Schema<SearchQuery, EmptyMutation, EmptySubscription>;

/// The schema, without an index.
pub fn schema() -> Schema {
    kit::graphql::scalars::described(Schema::build(SearchQuery, EmptyMutation, EmptySubscription))
        .enable_federation()
        .finish()
}

/// Gives a request what its resolvers need. Everybody sees the same products.
pub fn attach_loaders(index: &Index, request: Request, _viewer: &Viewer) -> Request {
    request.data(index.clone())
}
