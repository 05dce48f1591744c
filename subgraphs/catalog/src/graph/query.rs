//! The ways into the catalog.

use async_graphql::{Context, ID, Object};
use kit::Result;
use vocab::{CategoryId, ProductId};

use super::category::Category;
use super::product::Product;
use super::{ask, id_or_slug};
use crate::import::is_slug;
use crate::store::{CategoryById, CategoryBySlug, ChildrenOf, ProductById, ProductBySlug};

#[derive(Default)]
pub struct CatalogQuery;

#[Object]
impl CatalogQuery {
    /// A product by its id or by its slug; give one of the two. Null when the shop has no such product.
    async fn product(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The product's id, such as `prod_icecat-3920564`.")] id: Option<ID>,
        #[graphql(desc = "The product's slug, as it stands in the address of its page.")] slug: Option<String>,
    ) -> Result<Option<Product>> {
        let found = match (id, slug) {
            (Some(id), None) => match ProductId::parse(id.as_str()) {
                Ok(id) => ask(context, ProductById(id)).await?,
                Err(_another_kind) => None,
            },
            (None, Some(slug)) if is_slug(&slug) => ask(context, ProductBySlug(slug)).await?,
            (None, Some(_no_slug)) => None,
            _ => return Err(id_or_slug()),
        };
        Ok(found.map(Product))
    }

    /// A category by its id or by its slug; give one of the two. Null when the shop has no such category.
    async fn category(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The category's id, such as `cat_computers-notebooks`.")] id: Option<ID>,
        #[graphql(desc = "The category's slug, as it stands in the address of its page.")] slug: Option<String>,
    ) -> Result<Option<Category>> {
        let found = match (id, slug) {
            (Some(id), None) => match CategoryId::parse(id.as_str()) {
                Ok(id) => ask(context, CategoryById(id)).await?,
                Err(_another_kind) => None,
            },
            (None, Some(slug)) if is_slug(&slug) => ask(context, CategoryBySlug(slug)).await?,
            (None, Some(_no_slug)) => None,
            _ => return Err(id_or_slug()),
        };
        Ok(found.map(Category))
    }

    /// The categories at the top of the shop, in the shop's order. Null when they cannot be looked up now.
    async fn categories(&self, context: &Context<'_>) -> Result<Option<Vec<Category>>> {
        let roots = ask(context, ChildrenOf(None)).await?.unwrap_or_default();
        Ok(Some(roots.into_iter().map(Category).collect()))
    }
}
