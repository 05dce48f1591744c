//! Lands reviews, batch by batch, with the sums that they change, in one transaction each.

use std::collections::{BTreeMap, BTreeSet};

use kit::db::Among;
use kit::{Result, Txn};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, Iterable, QueryFilter, QuerySelect};

use super::Store;
use super::review::{Column, Entity, Model};
use crate::import::{Imported, ReviewLine};
use crate::rating::Rating;
use crate::review::Stars;

/// So many that a batch is few statements, so few that it stays below what an engine binds at once.
const BATCH: usize = 1000;

impl Store {
    /// Lands reviews. A review that came before is replaced, and the product of each becomes known.
    pub async fn import_reviews(&self, lines: &[ReviewLine]) -> Result<Imported> {
        let mut imported = Imported::default();
        // The last of an id stands.
        let mut reviews = BTreeMap::new();
        for (index, line) in lines.iter().enumerate() {
            match line.review() {
                Ok(review) => {
                    reviews.insert(review.id.clone(), Model::new(&review));
                }
                Err(reason) => imported.rejected.push((index, reason)),
            }
        }
        let mut rows: Vec<Model> = reviews.into_values().collect();
        // What sums up together lands together.
        rows.sort_by(|one, other| one.product_id.cmp(&other.product_id));
        for batch in rows.chunks(BATCH) {
            imported.changed += self.import_batch(batch).await?;
        }
        imported.unchanged = lines.len() - imported.rejected.len() - imported.changed;
        Ok(imported)
    }

    /// How many of the rows said something new.
    async fn import_batch(&self, rows: &[Model]) -> Result<usize> {
        let txn = self.begin().await?;
        let ids = rows.iter().map(|row| row.id.as_str());
        let before = Entity::find().filter(Column::Id.among(ids)).all(&*txn).await?;
        let before: BTreeMap<String, Model> = before.into_iter().map(|row| (row.id.clone(), row)).collect();
        let rows: Vec<Model> = rows.iter().filter(|row| before.get(&row.id) != Some(*row)).cloned().collect();
        if rows.is_empty() {
            txn.rollback().await?;
            return Ok(0);
        }
        let named: BTreeSet<String> = rows.iter().map(|row| row.product_id.clone()).collect();
        let left = rows.iter().filter_map(|row| before.get(&row.id)).map(|row| row.product_id.clone());
        let affected: BTreeSet<String> = left.chain(named.iter().cloned()).collect();
        self.know_products(&txn, named.iter().map(String::as_str)).await?;
        self.lock_ratings(&txn, affected.iter().map(String::as_str)).await?;
        let changed = rows.len();
        upsert(&txn, rows).await?;
        let ratings = count(&txn, &affected).await?;
        self.put_ratings(&txn, ratings.iter().map(|(product, rating)| (product.as_str(), *rating))).await?;
        txn.commit().await?;
        Ok(changed)
    }
}

async fn upsert(txn: &Txn, rows: Vec<Model>) -> Result<()> {
    let conflict = OnConflict::column(Column::Id)
        .update_columns(Column::iter().filter(|column| !matches!(column, Column::Id | Column::AuthorId)))
        .to_owned();
    let rows = rows.into_iter().map(IntoActiveModel::into_active_model);
    Entity::insert_many(rows).on_conflict(conflict).exec_without_returning(&**txn).await?;
    Ok(())
}

/// The sums of these products as their reviews now stand.
async fn count(txn: &Txn, products: &BTreeSet<String>) -> Result<BTreeMap<String, Rating>> {
    let counted: Vec<(String, i16, i64)> = Entity::find()
        .select_only()
        .columns([Column::ProductId, Column::Rating])
        .column_as(Column::Id.count(), "reviews")
        .filter(Column::ProductId.among(products))
        .group_by(Column::ProductId)
        .group_by(Column::Rating)
        .into_tuple()
        .all(&**txn)
        .await?;
    let mut ratings: BTreeMap<String, Rating> =
        products.iter().map(|product| (product.clone(), Rating::default())).collect();
    for (product, rating, reviews) in counted {
        if let (Some(sum), Some(stars)) = (ratings.get_mut(&product), Stars::new(rating.into())) {
            sum.add(stars, reviews);
        }
    }
    Ok(ratings)
}
