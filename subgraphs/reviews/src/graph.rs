//! The part of the graph that reviews answers.

mod product;
mod review;
mod review_submit;
mod user;
mod user_error;

use async_graphql::{EmptySubscription, MergedObject, Request};
use kit::Viewer;

use crate::store::Store;
use product::ProductQuery;
use review::ReviewQuery;
use review_submit::ReviewSubmit;

#[derive(Default, MergedObject)]
pub struct Query(ReviewQuery, ProductQuery);

#[derive(Default, MergedObject)]
pub struct Mutation(ReviewSubmit);

pub type Schema = async_graphql::Schema<Query, Mutation, EmptySubscription>;

/// The schema, without anything that answers it.
pub fn schema() -> Schema {
    kit::graphql::scalars::described(Schema::build(Query::default(), Mutation::default(), EmptySubscription))
        .enable_federation()
        .finish()
}

/// Gives a request its loaders. Reviews are everybody's to read, so the viewer decides nothing about them.
pub fn attach_loaders(store: &Store, request: Request, _viewer: &Viewer) -> Request {
    request.data(kit::batched(store.clone()))
}
