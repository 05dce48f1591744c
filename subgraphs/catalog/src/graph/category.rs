//! `Category`.

use std::sync::Arc;

use async_graphql::{Context, ID, Object};
use kit::Result;
use kit::graphql::page::Page;

use super::product_list::{self, ProductConnection, ProductSort};
use super::{ask, ask_all};
use crate::category;
use crate::store::{CategoryById, ChildrenOf, ListingPage};

pub struct Category(pub Arc<category::Category>);

/// A shelf of the shop. Categories form a tree.
#[Object]
impl Category {
    /// Stays the same for good. Starts with `cat_`.
    async fn id(&self) -> ID {
        ID::from(self.0.id.as_str())
    }

    /// The category's name in the address of its page.
    async fn slug(&self) -> &str {
        &self.0.slug
    }

    /// The category's name, for people.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The category right above; null at the top.
    async fn parent(&self, context: &Context<'_>) -> Result<Option<Category>> {
        match &self.0.parent {
            Some(parent) => Ok(ask(context, CategoryById(parent.clone())).await?.map(Category)),
            None => Ok(None),
        }
    }

    /// The way here from the top, nearest last, without this category: a breadcrumb. Empty at the top.
    async fn ancestors(&self, context: &Context<'_>) -> Result<Vec<Category>> {
        let ids = self.0.ancestors().iter().cloned().map(CategoryById);
        Ok(ask_all(context, ids.collect()).await?.into_iter().map(Category).collect())
    }

    /// The categories right below, in the shop's order.
    async fn children(&self, context: &Context<'_>) -> Result<Vec<Category>> {
        let children = ask(context, ChildrenOf(Some(self.0.id.clone()))).await?.unwrap_or_default();
        Ok(children.into_iter().map(Category).collect())
    }

    /// The products of this category and of all below it.
    async fn products(
        &self,
        context: &Context<'_>,
        #[graphql(default = 24, desc = "How many products to give, 1 to 100.")] first: i32,
        #[graphql(desc = "Give what comes behind this cursor: an `endCursor` of this list, in the same order.")]
        after: Option<String>,
        #[graphql(default_with = "ProductSort::Featured", desc = "In which order.")] sort: ProductSort,
    ) -> Result<ProductConnection> {
        let page = product_list::page(first, after, sort.into())?;
        let key = ListingPage { category: self.0.id.clone(), sort: sort.into(), page: Page::clone(&page) };
        let products = ask(context, key).await?.unwrap_or_default();
        Ok(product_list::connection(&page, sort.into(), self.0.id.clone(), products))
    }
}
