//! The products that there are, as far as reviews has heard.

use std::collections::BTreeMap;

use contracts::catalog::{CatalogCommand, Product, ResendProducts};
use contracts::{encode, stream};
use kit::messaging::Message;
use kit::{Result, Txn};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, QuerySelect};
use vocab::ProductId;

use super::{CONSUMER, Store};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "known_product")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    product_id: String,
    /// Grows with each change of the product. Zero for a product that only an import has named.
    version: i64,
    removed: bool,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Store {
    /// A product that was removed is not known any more.
    pub(crate) async fn knows_product(&self, txn: &Txn, id: &ProductId) -> Result<bool> {
        let row = Entity::find_by_id(id.as_str()).one(&**txn).await?;
        Ok(row.is_some_and(|row| !row.removed))
    }

    pub(crate) async fn hear_of_products(&self, message: &Message, products: Vec<Product>) -> Result<()> {
        let txn = self.begin().await?;
        if txn.first_delivery(CONSUMER, message).await? {
            upsert(&txn, products).await?;
        }
        txn.commit().await?;
        Ok(())
    }

    /// Marks products as known that an import has named. What the catalog says of them stands.
    pub(super) async fn know_products(&self, txn: &Txn, ids: impl Iterator<Item = &str>) -> Result<()> {
        let rows = ids.map(|id| ActiveModel { product_id: Set(id.to_owned()), version: Set(0), removed: Set(false) });
        Entity::insert_many(rows)
            .on_conflict(OnConflict::column(Column::ProductId).do_nothing().to_owned())
            .exec_without_returning(&**txn)
            .await?;
        Ok(())
    }

    /// Asks the catalog for all of its products when none is known: their events may have passed before we listened.
    pub async fn ask_for_products(&self) -> Result<()> {
        if Entity::find().limit(1).one(self.db.reader()).await?.is_some() {
            return Ok(());
        }
        let txn = self.begin().await?;
        let resend = ResendProducts { to: Some(CONSUMER.to_owned()), request: None };
        txn.send(stream::CATALOG_COMMANDS, &encode(CONSUMER, &CatalogCommand::ResendProducts(resend))?).await?;
        txn.commit().await?;
        Ok(())
    }
}

/// A version that is not newer than what is known changes nothing.
async fn upsert(txn: &Txn, products: Vec<Product>) -> Result<()> {
    // The newest of each, in the order of their ids: two writers never lock them crosswise.
    let mut newest: BTreeMap<String, Product> = BTreeMap::new();
    for product in products {
        let known = newest.get(product.id.as_str());
        if known.is_none_or(|known| known.version < product.version) {
            newest.insert(product.id.to_string(), product);
        }
    }
    let rows = newest.into_iter().map(|(id, product)| ActiveModel {
        product_id: Set(id),
        version: Set(product.version),
        removed: Set(product.removed),
    });
    let newer = Expr::col(("excluded", Column::Version)).gt(Expr::col((Entity, Column::Version)));
    let conflict = OnConflict::column(Column::ProductId)
        .update_columns([Column::Version, Column::Removed])
        .action_and_where(newer)
        .to_owned();
    Entity::insert_many(rows).on_conflict(conflict).exec_without_returning(&**txn).await?;
    Ok(())
}
