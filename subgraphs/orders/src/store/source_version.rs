//! Which version of each thing elsewhere we know: what is not newer is not taken in again.

use std::collections::{HashMap, HashSet};

use kit::{Result, Txn};
use sea_orm::QuerySelect;
use sea_orm::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;

use super::Store;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "source_version")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub source: String,
    pub version: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Store {
    /// Of these sources those whose version is newer than ours, which is ours from now on.
    pub(super) async fn newer(txn: &Txn, versions: &HashMap<String, i64>) -> Result<HashSet<String>> {
        let known = Entity::find().filter(Column::Source.is_in(versions.keys())).lock_exclusive().all(&**txn).await?;
        let known: HashMap<String, i64> = known.into_iter().map(|row| (row.source, row.version)).collect();
        let newer: HashMap<&String, i64> = versions
            .iter()
            .filter(|(source, version)| known.get(*source).is_none_or(|ours| ours < version))
            .map(|(source, version)| (source, *version))
            .collect();
        if newer.is_empty() {
            return Ok(HashSet::new());
        }
        let rows = newer
            .iter()
            .map(|(source, version)| ActiveModel { source: Set((*source).clone()), version: Set(*version) });
        Entity::insert_many(rows)
            .on_conflict(OnConflict::column(Column::Source).update_column(Column::Version).to_owned())
            .exec_without_returning(&**txn)
            .await?;
        Ok(newer.into_keys().cloned().collect())
    }
}
