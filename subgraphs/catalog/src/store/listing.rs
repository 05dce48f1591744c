//! The shelves as they are paged through: one row for each product and each category that it is found in.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use chrono::{Datelike, NaiveDate};
use kit::db::Among;
use kit::graphql::page::Page;
use kit::{Failure, Result};
use sea_orm::sea_query::{Alias, Asterisk, Expr, ExprTrait, Func, Order, Query, SelectStatement, UnionType};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Set};
use serde::{Deserialize, Serialize};
use vocab::CategoryId;

use super::{IDS_PER_STATEMENT, Store, product, rows_per_statement};
use crate::category::Category;
use crate::product::Product;

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "listing")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub product_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub category_id: String,
        pub rank: i64,
        pub released_day: i64,
        pub price_minor: i64,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

const COLUMNS: usize = 5;
/// How many categories one statement reads at once: SQLite joins up to 500 selects.
const LISTS_PER_STATEMENT: usize = 100;

/// In which order a list of products comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Sort {
    Featured,
    Newest,
    PriceAsc,
    PriceDesc,
}

impl Sort {
    fn column(self) -> row::Column {
        match self {
            Self::Featured => row::Column::Rank,
            Self::Newest => row::Column::ReleasedDay,
            Self::PriceAsc | Self::PriceDesc => row::Column::PriceMinor,
        }
    }

    fn order(self) -> Order {
        match self {
            Self::Featured | Self::PriceAsc => Order::Asc,
            Self::Newest | Self::PriceDesc => Order::Desc,
        }
    }

    /// Where a product stands in this order.
    pub fn key(self, product: &Product) -> ListingKey {
        let key = match self {
            Self::Featured => product.rank,
            Self::Newest => day(product.released_on),
            Self::PriceAsc | Self::PriceDesc => product.prices.min.minor,
        };
        ListingKey { sort: self, key, product: product.id.to_string() }
    }
}

/// A day as a number. What has no date is older than everything.
fn day(date: Option<NaiveDate>) -> i64 {
    date.map_or(i64::from(i32::MIN), |date| i64::from(date.num_days_from_ce()))
}

/// What a cursor of a list holds. It names its sort, because a place in one order says nothing in another.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ListingKey {
    pub sort: Sort,
    key: i64,
    product: String,
}

/// Lists these products in their categories and in all above, and nowhere else.
pub(super) async fn replace(
    connection: &impl ConnectionTrait,
    products: &[&Product],
    categories: &HashMap<CategoryId, Category>,
) -> Result<()> {
    let mut rows = Vec::with_capacity(products.len() * 3);
    for product in products {
        let path = categories.get(&product.category).map_or(&[][..], |category| &category.path);
        rows.extend(path.iter().map(|category| row::ActiveModel {
            product_id: Set(product.id.to_string()),
            category_id: Set(category.to_string()),
            rank: Set(product.rank),
            released_day: Set(day(product.released_on)),
            price_minor: Set(product.prices.min.minor),
        }));
    }
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let some: Vec<row::ActiveModel> = rows.by_ref().take(rows_per_statement(COLUMNS)).collect();
        row::Entity::insert_many(some).exec_without_returning(connection).await?;
    }
    Ok(())
}

pub(super) async fn delete_of(connection: &impl ConnectionTrait, products: &[&str]) -> Result<()> {
    for some in products.chunks(IDS_PER_STATEMENT) {
        let theirs = row::Column::ProductId.among(some.iter().copied());
        row::Entity::delete_many().filter(theirs).exec(connection).await?;
    }
    Ok(())
}

/// A page of the products that are found in a category. Up to one row more than the page holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ListingPage {
    pub category: CategoryId,
    pub sort: Sort,
    pub page: Page<ListingKey>,
}

impl ListingPage {
    fn select(&self) -> SelectStatement {
        let key = self.sort.column();
        let mut select = Query::select();
        select
            .columns([row::Column::CategoryId, row::Column::ProductId])
            .expr_as(Expr::col(key), Alias::new("sort_key"))
            .from(row::Entity)
            .and_where(row::Column::CategoryId.eq(self.category.as_str()))
            .order_by(key, self.sort.order())
            .order_by(row::Column::ProductId, self.sort.order())
            .limit(self.page.limit());
        if let Some(after) = &self.page.after {
            let place = Expr::tuple([Expr::col(key), Expr::col(row::Column::ProductId)]);
            let behind = Expr::tuple([Expr::value(after.key), Expr::value(after.product.as_str())]);
            select.and_where(match self.sort.order() {
                Order::Desc => place.lt(behind),
                _ => place.gt(behind),
            });
        }
        select
    }
}

impl Loader<ListingPage> for Store {
    type Value = Vec<Arc<Product>>;
    type Error = Failure;

    async fn load(&self, keys: &[ListingPage]) -> Result<HashMap<ListingPage, Vec<Arc<Product>>>> {
        let mut listed: Vec<(usize, String)> = Vec::new();
        for (chunk, some) in keys.chunks(LISTS_PER_STATEMENT).enumerate() {
            let rows = self.db.reader().query_all(&union_of(some)).await?;
            for row in rows {
                let list: i32 = row.try_get("", "list")?;
                let index = chunk * LISTS_PER_STATEMENT + usize::try_from(list)?;
                listed.push((index, row.try_get("", "product_id")?));
            }
        }
        let mut ids: Vec<&str> = listed.iter().map(|(_, id)| id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        let mut products = HashMap::with_capacity(ids.len());
        for some in ids.chunks(IDS_PER_STATEMENT) {
            for product in product::by_ids(self.db.reader(), some).await? {
                products.insert(product.id.to_string(), Arc::new(product));
            }
        }
        let mut pages: HashMap<ListingPage, Vec<Arc<Product>>> = HashMap::with_capacity(keys.len());
        for (index, id) in &listed {
            if let Some(product) = products.get(id) {
                pages.entry(keys[*index].clone()).or_default().push(Arc::clone(product));
            }
        }
        Ok(pages)
    }
}

/// Many lists in one statement, each row with the number of its list.
fn union_of(keys: &[ListingPage]) -> SelectStatement {
    let numbered = |(number, key): (i32, &ListingPage)| {
        Query::select()
            .expr_as(Expr::cust(number.to_string()), Alias::new("list"))
            .column(row::Column::ProductId)
            .from_subquery(key.select(), Alias::new(format!("page{number}")))
            .to_owned()
    };
    let mut lists = (0..).zip(keys).map(numbered);
    let mut select = lists.next().unwrap_or_else(Query::select);
    select.unions(lists.map(|list| (UnionType::All, list)));
    select
}

/// How many products are found in a category, counted up to [`ListingCount::MOST`] and one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ListingCount(pub CategoryId);

impl ListingCount {
    pub const MOST: i64 = 1_000;
}

impl Loader<ListingCount> for Store {
    type Value = i64;
    type Error = Failure;

    async fn load(&self, keys: &[ListingCount]) -> Result<HashMap<ListingCount, i64>> {
        let mut counts = HashMap::with_capacity(keys.len());
        for some in keys.chunks(LISTS_PER_STATEMENT) {
            let counted = |(number, ListingCount(category)): (i32, &ListingCount)| {
                let capped = Query::select()
                    .column(row::Column::CategoryId)
                    .from(row::Entity)
                    .and_where(row::Column::CategoryId.eq(category.as_str()))
                    .limit(ListingCount::MOST.unsigned_abs() + 1)
                    .to_owned();
                Query::select()
                    .expr_as(Expr::cust(number.to_string()), Alias::new("list"))
                    .expr_as(Func::count(Expr::col(Asterisk)), Alias::new("products"))
                    .from_subquery(capped, Alias::new(format!("counted{number}")))
                    .to_owned()
            };
            let mut lists = (0..).zip(some).map(counted);
            let mut select = lists.next().unwrap_or_else(Query::select);
            select.unions(lists.map(|list| (UnionType::All, list)));
            for row in self.db.reader().query_all(&select).await? {
                let list: i32 = row.try_get("", "list")?;
                counts.insert(some[usize::try_from(list)?].clone(), row.try_get("", "products")?);
            }
        }
        Ok(counts)
    }
}
