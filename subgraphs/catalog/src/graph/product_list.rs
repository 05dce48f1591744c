//! A sorted, paged list of products.

use std::sync::Arc;

use async_graphql::connection::{Connection, EmptyFields};
use async_graphql::{Context, Enum, Object};
use kit::graphql::page::Page;
use kit::{Code, Refusal, Result};
use vocab::{CategoryId, Count};

use super::ask;
use super::product::Product;
use crate::product;
use crate::store::{ListingCount, ListingKey, Sort};

pub type ProductConnection = Connection<String, Product, ProductTotal, EmptyFields>;

/// In which order products come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Sort")]
pub enum ProductSort {
    /// As the shop would show them: the best presented first.
    Featured,
    /// The latest released first; products without a date last.
    Newest,
    /// The lowest price first. A product counts with its cheapest variant.
    PriceAsc,
    /// The highest price first. A product counts with its cheapest variant.
    PriceDesc,
}

/// What is known of the whole list, and computed only when it is asked for.
pub struct ProductTotal(CategoryId);

#[Object]
impl ProductTotal {
    /// How many products the whole list has, counted up to 1,000. Null when nobody counted.
    async fn total_count(&self, context: &Context<'_>) -> Result<Option<Count>> {
        let counted = ask(context, ListingCount(self.0.clone())).await?;
        Ok(counted.map(|products| Count::up_to(ListingCount::MOST.unsigned_abs(), products.unsigned_abs())))
    }
}

/// The page that was asked for. A cursor of another order is none of this one's.
pub fn page(first: i32, after: Option<String>, sort: Sort) -> Result<Page<ListingKey>, Refusal> {
    let page = Page::<ListingKey>::try_new(first, after)?;
    match &page.after {
        Some(key) if key.sort != sort => {
            let words = "`after` is a cursor of another sort: start again without it when the sort changes.";
            Err(Refusal::new(Code::BadCursor, words))
        }
        _ => Ok(page),
    }
}

pub fn connection(
    page: &Page<ListingKey>,
    sort: Sort,
    category: CategoryId,
    products: Vec<Arc<product::Product>>,
) -> ProductConnection {
    let plain = page.connection(products, |product| sort.key(product), Product);
    let total = ProductTotal(category);
    let mut connection = Connection::with_additional_fields(plain.has_previous_page, plain.has_next_page, total);
    connection.edges = plain.edges;
    connection
}
