//! What we add to `ProductVariant`.

use async_graphql::{Context, ID, Object};
use kit::Result;
use vocab::VariantId;

use super::ask;
use super::availability::Availability;
use crate::Store;
use crate::store::FreeOf;

pub struct ProductVariant(pub VariantId);

#[Object]
impl ProductVariant {
    /// Stays the same for good. Starts with `var_`.
    async fn id(&self) -> ID {
        ID::from(self.0.as_str())
    }

    /// How much of the variant can be bought now. Null when nothing is known of its stock.
    async fn availability(&self, context: &Context<'_>) -> Result<Option<Availability>> {
        let free = ask(context, FreeOf(self.0.clone())).await?;
        let now = context.data_unchecked::<Store>().clock().now();
        Ok(free.map(|free| Availability::new(free, now)))
    }
}
