//! Reviews in the database.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use kit::db::Among;
use kit::{Failure, Result, Txn};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{
    Asterisk, Expr, ExprTrait, Func, OnConflict, Order, Query, SelectStatement, SimpleExpr, WindowStatement,
};
use sea_orm::{FromQueryResult, IntoActiveModel, QueryOrder, QuerySelect, QueryTrait};
use vocab::{ProductId, ReviewId, UserId};

use super::Store;
use crate::listing::{Listing, Position, Sort};
use crate::review::{Review, Stars};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "review")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(super) id: String,
    pub(super) product_id: String,
    pub(super) author_id: Option<String>,
    pub(super) rating: i16,
    pub(super) title: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub(super) body: Option<String>,
    pub(super) recommended: Option<bool>,
    helpful: i32,
    pub(super) created_at: DateTimeUtc,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(super) fn new(review: &Review) -> Self {
        let Review { id, product_id, author_id, stars, title, body, recommended, helpful, created_at } = review;
        Self {
            id: id.to_string(),
            product_id: product_id.to_string(),
            author_id: author_id.as_ref().map(ToString::to_string),
            rating: stars.get(),
            title: title.clone(),
            body: body.clone(),
            recommended: *recommended,
            helpful: *helpful,
            created_at: *created_at,
        }
    }

    fn review(self) -> Result<Review> {
        let stars = Stars::new(self.rating.into());
        Ok(Review {
            id: ReviewId::parse(&self.id)?,
            product_id: ProductId::parse(&self.product_id)?,
            author_id: self.author_id.as_deref().map(UserId::parse).transpose()?,
            stars: stars.ok_or_else(|| Failure::fault(anyhow::anyhow!("{} has {} stars", self.id, self.rating)))?,
            title: self.title,
            body: self.body,
            recommended: self.recommended,
            helpful: self.helpful,
            created_at: self.created_at,
        })
    }
}

impl Store {
    /// False when the author has reviewed the product before.
    pub(crate) async fn insert_review(&self, txn: &Txn, review: &Review) -> Result<bool> {
        let rows = Entity::insert(Model::new(review).into_active_model())
            .on_conflict(OnConflict::columns([Column::ProductId, Column::AuthorId]).do_nothing().to_owned())
            .exec_without_returning(&**txn)
            .await?;
        Ok(rows > 0)
    }

    pub(crate) async fn review(&self, key: ReviewById) -> Result<Option<Arc<Review>>> {
        Ok(self.load(std::slice::from_ref(&key)).await?.remove(&key))
    }
}

/// Which review has this id?
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ReviewById(pub ReviewId);

impl Loader<ReviewById> for Store {
    type Value = Arc<Review>;
    type Error = Failure;

    async fn load(&self, keys: &[ReviewById]) -> Result<HashMap<ReviewById, Arc<Review>>> {
        let ids = keys.iter().map(|ReviewById(id)| id.as_str());
        let rows = Entity::find().filter(Column::Id.among(ids)).all(self.db.reader()).await?;
        let found = rows.into_iter().map(|row| {
            let review = row.review()?;
            Ok((ReviewById(review.id.clone()), Arc::new(review)))
        });
        found.collect()
    }
}

/// Which reviews of this product are on that page? Gives one more than the page holds, when there are more.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ReviewsOfProduct {
    pub product: ProductId,
    pub listing: Listing,
}

impl Loader<ReviewsOfProduct> for Store {
    type Value = Vec<Arc<Review>>;
    type Error = Failure;

    /// One statement for each listing that is asked for, however many products it is asked of.
    async fn load(&self, keys: &[ReviewsOfProduct]) -> Result<HashMap<ReviewsOfProduct, Vec<Arc<Review>>>> {
        let mut asked: HashMap<&Listing, Vec<&ProductId>> = HashMap::new();
        for key in keys {
            asked.entry(&key.listing).or_default().push(&key.product);
        }
        let mut found: HashMap<ReviewsOfProduct, Vec<Arc<Review>>> = HashMap::new();
        for (listing, products) in asked {
            let statement = self.db.reader().get_database_backend().build(&page_of_each(&products, listing));
            for row in Model::find_by_statement(statement).all(self.db.reader()).await? {
                let review = row.review()?;
                let key = ReviewsOfProduct { product: review.product_id.clone(), listing: listing.clone() };
                found.entry(key).or_default().push(Arc::new(review));
            }
        }
        Ok(found)
    }
}

/// The page of each product. One product's is read off its index and no further; of several, each is counted off.
fn page_of_each(products: &[&ProductId], listing: &Listing) -> SelectStatement {
    let limit = listing.page.limit();
    let among = Column::ProductId.among(products.iter().map(|id| id.as_str()));
    let behind = listing.page.after.as_ref().map(behind);
    let mut reviews = Entity::find().filter(among);
    if let Some(behind) = behind {
        reviews = reviews.filter(behind);
    }
    if products.len() == 1 {
        let ordered = order(listing.sort)
            .iter()
            .fold(reviews, |reviews, (column, order)| reviews.order_by(*column, order.clone()));
        return ordered.limit(limit).into_query();
    }
    let mut window = WindowStatement::partition_by((Entity, Column::ProductId));
    for (column, order) in order(listing.sort) {
        window.order_by((Entity, *column), order.clone());
    }
    let mut counted = reviews.into_query();
    counted.expr_window_as(Func::cust("row_number"), window, "place");
    Query::select()
        .column(Asterisk)
        .from_subquery(counted, "counted")
        .and_where(Expr::col("place").lte(limit))
        .order_by("product_id", Order::Asc)
        .order_by("place", Order::Asc)
        .to_owned()
}

/// Each order has an index that begins with the product.
fn order(sort: Sort) -> &'static [(Column, Order)] {
    match sort {
        Sort::Helpful => &[(Column::Helpful, Order::Desc), (Column::CreatedAt, Order::Desc), (Column::Id, Order::Desc)],
        Sort::Newest => &[(Column::CreatedAt, Order::Desc), (Column::Id, Order::Desc)],
        Sort::RatingLow => &[(Column::Rating, Order::Asc), (Column::CreatedAt, Order::Desc), (Column::Id, Order::Desc)],
    }
}

fn behind(position: &Position) -> SimpleExpr {
    let column = |column: Column| Expr::col((Entity, column));
    match position {
        Position::Helpful(helpful, created_at, id) => Expr::tuple([
            column(Column::Helpful),
            column(Column::CreatedAt),
            column(Column::Id),
        ])
        .lt(Expr::tuple([(*helpful).into(), (*created_at).into(), id.as_str().into()])),
        Position::Newest(created_at, id) => older(created_at, id),
        Position::RatingLow(rating, created_at, id) => {
            let more_stars = column(Column::Rating).gt(*rating);
            let behind = more_stars.or(column(Column::Rating).eq(*rating).and(older(created_at, id)));
            // Says nothing new, but lets the index begin where the page begins.
            column(Column::Rating).gte(*rating).and(behind)
        }
    }
}

fn older(created_at: &DateTimeUtc, id: &ReviewId) -> SimpleExpr {
    Expr::tuple([Expr::col((Entity, Column::CreatedAt)), Expr::col((Entity, Column::Id))])
        .lt(Expr::tuple([(*created_at).into(), id.as_str().into()]))
}
