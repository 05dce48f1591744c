//! The inventory's part of the schema.

mod availability;
mod conservation;
mod entities;
mod product;
mod product_variant;
mod stock_location;

use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::{Context, EmptyMutation, EmptySubscription, MergedObject, Request, Schema};
use kit::{Failure, Result, Viewer};

use crate::Store;

pub type InventorySchema = Schema<Query, EmptyMutation, EmptySubscription>;

#[derive(Default, MergedObject)]
#[graphql(name = "Query")]
pub struct Query(stock_location::StockLocationQuery, conservation::ConservationQuery, entities::Entities);

/// The schema, without a database: resolvers find theirs in the request.
pub fn schema() -> InventorySchema {
    kit::graphql::scalars::described(Schema::build(Query::default(), EmptyMutation, EmptySubscription))
        .enable_federation()
        .finish()
}

/// Gives a request the loaders that its resolvers ask. What is in stock is public, whoever asks.
pub fn attach_loaders(store: &Store, request: Request, _viewer: &Viewer) -> Request {
    request.data(kit::batched(store.clone())).data(store.clone())
}

/// Asks the loader whose key is the question.
async fn ask<K>(context: &Context<'_>, key: K) -> Result<Option<<Store as Loader<K>>::Value>>
where
    K: Send + Sync + std::hash::Hash + Eq + Clone + 'static,
    Store: Loader<K, Error = Failure>,
{
    context.data_unchecked::<DataLoader<Store>>().load_one(key).await
}
