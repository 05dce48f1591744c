//! The catalog's part of the schema.

mod attribute;
mod category;
mod entities;
mod price;
mod product;
mod product_list;
mod product_variant;
mod query;

use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::{Context, EmptyMutation, EmptySubscription, MergedObject, Request, Schema};
use kit::{Code, Failure, Refusal, Result, Viewer};

use crate::Store;

pub type CatalogSchema = Schema<Query, EmptyMutation, EmptySubscription>;

#[derive(Default, MergedObject)]
#[graphql(name = "Query")]
pub struct Query(query::CatalogQuery, entities::Entities);

/// The schema, without a database: resolvers find theirs in the request.
pub fn schema() -> CatalogSchema {
    kit::graphql::scalars::described(Schema::build(Query::default(), EmptyMutation, EmptySubscription))
        .enable_federation()
        .finish()
}

/// Gives a request the loaders that its resolvers ask. All that the catalog knows is public, whoever asks.
pub fn attach_loaders(store: &Store, request: Request, _viewer: &Viewer) -> Request {
    request.data(kit::batched(store.clone()))
}

/// Asks the loader whose key is the question.
async fn ask<K>(context: &Context<'_>, key: K) -> Result<Option<<Store as Loader<K>>::Value>>
where
    K: Send + Sync + std::hash::Hash + Eq + Clone + 'static,
    Store: Loader<K, Error = Failure>,
{
    context.data_unchecked::<DataLoader<Store>>().load_one(key).await
}

/// Asks many questions of one kind at once. Answers come in the order of the keys; what is not there is left out.
async fn ask_all<K>(context: &Context<'_>, keys: Vec<K>) -> Result<Vec<<Store as Loader<K>>::Value>>
where
    K: Send + Sync + std::hash::Hash + Eq + Clone + 'static,
    Store: Loader<K, Error = Failure>,
{
    let mut found = context.data_unchecked::<DataLoader<Store>>().load_many(keys.clone()).await?;
    Ok(keys.iter().filter_map(|key| found.remove(key)).collect())
}

/// Refuses an argument that names neither or both.
fn id_or_slug() -> Failure {
    Refusal::new(Code::BadUserInput, "Give either `id` or `slug`.").into()
}
