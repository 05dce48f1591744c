//! How other subgraphs' references to ours are resolved.

use async_graphql::{Context, ID, Object};
use kit::or_null;
use vocab::{CategoryId, ProductId, VariantId};

use super::ask;
use super::category::Category;
use super::product::Product;
use super::product_variant::ProductVariant;
use crate::store::{CategoryById, ProductById, VariantById};

#[derive(Default)]
pub struct Entities;

#[Object]
impl Entities {
    #[graphql(entity)]
    async fn find_product_by_id(&self, context: &Context<'_>, id: ID) -> Option<Product> {
        let id = ProductId::try_from(&id).ok()?;
        or_null(context, ask(context, ProductById(id)).await).map(Product)
    }

    #[graphql(entity)]
    async fn find_product_variant_by_id(&self, context: &Context<'_>, id: ID) -> Option<ProductVariant> {
        let id = VariantId::try_from(&id).ok()?;
        or_null(context, ask(context, VariantById(id)).await).map(ProductVariant)
    }

    #[graphql(entity)]
    async fn find_category_by_id(&self, context: &Context<'_>, id: ID) -> Option<Category> {
        let id = CategoryId::try_from(&id).ok()?;
        or_null(context, ask(context, CategoryById(id)).await).map(Category)
    }
}
