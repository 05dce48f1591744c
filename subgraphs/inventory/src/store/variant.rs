//! Which product a variant belongs to, as rows.

use std::collections::{BTreeMap, HashMap, HashSet};

use kit::db::Among;
use kit::{Result, Txn};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query};
use sea_orm::{ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set};
use vocab::{ProductId, VariantId};

use super::{IDS_PER_STATEMENT, Store, rows_per_statement};
use contracts::catalog::Product;

pub(super) mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "variant")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub product_id: String,
        /// The product's version when this was said; 0 before the catalog said anything.
        pub version: i64,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod version_row {
    use sea_orm::entity::prelude::*;

    /// The newest version of a product that the catalog has told of.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "product_version")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub product_id: String,
        pub version: i64,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

const COLUMNS: usize = 3;

/// Takes an import's word for variants that the catalog has not spoken of yet. In the order of variants, as the catalog's
/// own word is taken: the two never wait for each other.
pub(super) async fn introduce(
    connection: &impl ConnectionTrait,
    mut variants: Vec<(VariantId, ProductId)>,
) -> Result<()> {
    variants.sort();
    for some in variants.chunks(rows_per_statement(COLUMNS)) {
        let rows = some.iter().map(|(variant, product)| row::ActiveModel {
            id: Set(variant.to_string()),
            product_id: Set(product.to_string()),
            version: Set(0),
        });
        row::Entity::insert_many(rows)
            .on_conflict(OnConflict::column(row::Column::Id).do_nothing().to_owned())
            .try_insert()
            .exec_without_returning(connection)
            .await?;
    }
    Ok(())
}

/// Of these products those of which nothing newer is known, with their versions, which are known from now on. Until this
/// transaction ends, whoever takes in another version of one waits, and then sees this one.
async fn newer(txn: &Txn, products: &[Product]) -> Result<HashMap<String, i64>> {
    let mut versions: BTreeMap<&str, i64> = BTreeMap::new();
    for product in products {
        let newest = versions.entry(product.id.as_str()).or_insert(product.version);
        *newest = Ord::max(product.version, *newest);
    }
    let versions: Vec<(&str, i64)> = versions.into_iter().collect();
    let mut taken = HashMap::new();
    for some in versions.chunks(rows_per_statement(2)) {
        let newer = Expr::col(("excluded", version_row::Column::Version))
            .gt(Expr::col((version_row::Entity, version_row::Column::Version)));
        let take = OnConflict::column(version_row::Column::ProductId)
            .update_column(version_row::Column::Version)
            .action_and_where(newer)
            .to_owned();
        let mut insert = Query::insert();
        insert
            .into_table(version_row::Entity)
            .columns([version_row::Column::ProductId, version_row::Column::Version])
            .on_conflict(take)
            .returning(Query::returning().columns([version_row::Column::ProductId, version_row::Column::Version]));
        for (product, version) in some {
            insert.values([(*product).into(), (*version).into()])?;
        }
        for row in txn.query_all(&insert).await? {
            taken.insert(row.try_get("", "product_id")?, row.try_get("", "version")?);
        }
    }
    Ok(taken)
}

impl Store {
    /// Takes the catalog's word for which variants these products have, unless it has said something newer.
    pub(crate) async fn assign_variants(&self, txn: &Txn, products: &[Product]) -> Result<()> {
        let newer = newer(txn, products).await?;
        let news = products.iter().filter(|product| newer.get(product.id.as_str()) == Some(&product.version));
        let products: Vec<&Product> = news.collect();
        self.forget_variants(txn, &products).await?;
        let present = products.iter().filter(|product| !product.removed);
        let mut rows: Vec<row::ActiveModel> = present
            .flat_map(|product| {
                product.variants.iter().map(|variant| row::ActiveModel {
                    id: Set(variant.id.to_string()),
                    product_id: Set(product.id.to_string()),
                    version: Set(product.version),
                })
            })
            .collect();
        rows.sort_by(|one, other| one.id.as_ref().cmp(other.id.as_ref()));
        for some in rows.chunks(rows_per_statement(COLUMNS)) {
            let newer =
                Expr::col(("excluded", row::Column::Version)).gt(Expr::col((row::Entity, row::Column::Version)));
            let replace = OnConflict::column(row::Column::Id)
                .update_columns([row::Column::ProductId, row::Column::Version])
                .action_and_where(newer)
                .to_owned();
            row::Entity::insert_many(some.to_vec())
                .on_conflict(replace)
                .try_insert()
                .exec_without_returning(&**txn)
                .await?;
        }
        Ok(())
    }

    /// Drops the variants that these products no longer have.
    async fn forget_variants(&self, txn: &Txn, products: &[&Product]) -> Result<()> {
        let kept: HashSet<(&str, &str)> = products
            .iter()
            .filter(|product| !product.removed)
            .flat_map(|product| product.variants.iter().map(|variant| (product.id.as_str(), variant.id.as_str())))
            .collect();
        let versions = |id: &str| products.iter().find(|product| product.id.as_str() == id).map(|one| one.version);
        for some in products.chunks(IDS_PER_STATEMENT) {
            let theirs = row::Column::ProductId.among(some.iter().map(|product| product.id.as_str()));
            // Locked, so that none of them becomes another product's before it is dropped.
            let known = row::Entity::find().filter(theirs).order_by_asc(row::Column::Id).lock_exclusive().all(&**txn);
            let known = known.await?;
            let gone: Vec<&str> = known
                .iter()
                .filter(|row| !kept.contains(&(row.product_id.as_str(), row.id.as_str())))
                .filter(|row| versions(&row.product_id).is_some_and(|version| version > row.version))
                .map(|row| row.id.as_str())
                .collect();
            if !gone.is_empty() {
                row::Entity::delete_many().filter(row::Column::Id.among(gone)).exec(&**txn).await?;
            }
        }
        Ok(())
    }
}
