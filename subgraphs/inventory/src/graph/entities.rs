//! How references to what we extend are resolved. The catalog knows whether a thing exists; we only add to it.

use async_graphql::{ID, Object};
use vocab::{ProductId, VariantId};

use super::product::Product;
use super::product_variant::ProductVariant;

#[derive(Default)]
pub struct Entities;

#[Object]
impl Entities {
    #[graphql(entity)]
    async fn find_product_by_id(&self, id: ID) -> Option<Product> {
        ProductId::try_from(&id).ok().map(Product)
    }

    #[graphql(entity)]
    async fn find_product_variant_by_id(&self, id: ID) -> Option<ProductVariant> {
        VariantId::try_from(&id).ok().map(ProductVariant)
    }
}
