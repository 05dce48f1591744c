//! What the reviews of each product sum up to, kept by whoever changes a review.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use kit::db::Among;
use kit::{Failure, Result, Txn};
use sea_orm::IntoActiveModel;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use vocab::ProductId;

use super::Store;
use crate::rating::Rating;
use crate::review::Stars;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rating_summary")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    product_id: String,
    one: i64,
    two: i64,
    three: i64,
    four: i64,
    five: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

const COUNTS: [Column; 5] = [Column::One, Column::Two, Column::Three, Column::Four, Column::Five];

impl Model {
    fn new(product_id: String, rating: Rating) -> Self {
        let [one, two, three, four, five] = rating.histogram();
        Self { product_id, one, two, three, four, five }
    }

    fn rating(&self) -> Rating {
        Rating::new([self.one, self.two, self.three, self.four, self.five])
    }
}

impl Store {
    /// Counts one more review.
    pub(crate) async fn add_rating(&self, txn: &Txn, product: &ProductId, stars: Stars) -> Result<()> {
        let mut conflict = OnConflict::column(Column::ProductId);
        for count in COUNTS {
            conflict.value(count, Expr::col((Entity, count)).add(Expr::col(("excluded", count))));
        }
        let one = Model::new(product.to_string(), Rating::of_one(stars));
        Entity::insert(one.into_active_model()).on_conflict(conflict).exec_without_returning(&**txn).await?;
        Ok(())
    }

    /// Makes everybody else who would change the sums of these products wait. `products` are sorted, so that two who
    /// do this never wait for each other.
    pub(super) async fn lock_ratings(&self, txn: &Txn, products: impl Iterator<Item = &str>) -> Result<()> {
        let rows = products.map(|product| Model::new(product.to_owned(), Rating::default()).into_active_model());
        let conflict = OnConflict::column(Column::ProductId).update_column(Column::ProductId).to_owned();
        Entity::insert_many(rows).on_conflict(conflict).exec_without_returning(&**txn).await?;
        Ok(())
    }

    /// Writes sums over those that stand.
    pub(super) async fn put_ratings(&self, txn: &Txn, ratings: impl Iterator<Item = (&str, Rating)>) -> Result<()> {
        let rows = ratings.map(|(product, rating)| Model::new(product.to_owned(), rating).into_active_model());
        let conflict = OnConflict::column(Column::ProductId).update_columns(COUNTS).to_owned();
        Entity::insert_many(rows).on_conflict(conflict).exec_without_returning(&**txn).await?;
        Ok(())
    }
}

/// What do the reviews of this product sum up to?
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RatingOfProduct(pub ProductId);

impl Loader<RatingOfProduct> for Store {
    type Value = Rating;
    type Error = Failure;

    async fn load(&self, keys: &[RatingOfProduct]) -> Result<HashMap<RatingOfProduct, Rating>> {
        let ids = keys.iter().map(|RatingOfProduct(id)| id.as_str());
        let rows = Entity::find().filter(Column::ProductId.among(ids)).all(self.db.reader()).await?;
        let found = rows.iter().map(|row| Ok((RatingOfProduct(ProductId::parse(&row.product_id)?), row.rating())));
        found.collect()
    }
}
