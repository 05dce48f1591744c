//! The projection of the inventory: how many units are free, of what it has told.

use std::collections::BTreeMap;

use contracts::stock::FreeUnits;
use kit::Result;
use kit::messaging::Message;
use sea_orm::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{ExprTrait, OnConflict};

use super::Store;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stock_view")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub variant_id: String,
    pub free: i64,
    pub version: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Rows of one statement: both engines count its parameters.
const ROWS_AT_ONCE: usize = 1_000;

impl Store {
    /// Takes in how many units are free. What is older than what is known changes nothing.
    pub(crate) async fn take_free_units(&self, message: &Message, levels: Vec<FreeUnits>) -> Result<()> {
        let txn = self.db.begin().await?;
        if !txn.first_delivery("orders", message).await? {
            return Ok(txn.rollback().await?);
        }
        // In the order of variants, so that two messages at once never wait for each other.
        let mut newest: BTreeMap<String, FreeUnits> = BTreeMap::new();
        for level in levels {
            let known = newest.get(level.variant_id.as_str());
            if known.is_none_or(|known| known.version < level.version) {
                newest.insert(level.variant_id.to_string(), level);
            }
        }
        let rows: Vec<ActiveModel> = newest
            .into_iter()
            .map(|(id, level)| ActiveModel { variant_id: Set(id), free: Set(level.free), version: Set(level.version) })
            .collect();
        for rows in rows.chunks(ROWS_AT_ONCE) {
            let newer = Expr::col(("excluded", Column::Version)).gt(Expr::col((Entity, Column::Version)));
            let replace = OnConflict::column(Column::VariantId)
                .update_columns([Column::Free, Column::Version])
                .action_and_where(newer)
                .to_owned();
            Entity::insert_many(rows.to_vec()).on_conflict(replace).try_insert().exec_without_returning(&*txn).await?;
        }
        Ok(txn.commit().await?)
    }
}
