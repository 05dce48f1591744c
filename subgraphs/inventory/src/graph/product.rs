//! What we add to `Product`.

use async_graphql::{Context, ID, Object};
use kit::Result;
use vocab::ProductId;

use super::ask;
use super::availability::StockState;
use crate::store::StockOf;

pub struct Product(pub ProductId);

#[Object]
impl Product {
    /// Stays the same for good. Starts with `prod_`.
    async fn id(&self) -> ID {
        ID::from(self.0.as_str())
    }

    /// Whether any variant of the product can be bought now. Null when nothing is known of its stock.
    async fn stock(&self, context: &Context<'_>) -> Result<Option<StockState>> {
        Ok(ask(context, StockOf(self.0.clone())).await?.map(StockState::from))
    }
}
