//! Which version of each thing elsewhere we know: what is not newer is not taken in again.

use std::collections::{BTreeMap, HashSet};

use kit::{Result, Txn};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{ExprTrait, OnConflict, Query};

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
    /// Of these sources those whose version is newer than ours, which is ours from now on. They stay ours until this
    /// transaction ends: whoever takes in another version of one meanwhile waits, and then sees this one.
    pub(super) async fn newer(txn: &Txn, versions: &BTreeMap<String, i64>) -> Result<HashSet<String>> {
        if versions.is_empty() {
            return Ok(HashSet::new());
        }
        let newer = Expr::col(("excluded", Column::Version)).gt(Expr::col((Entity, Column::Version)));
        let take = OnConflict::column(Column::Source).update_column(Column::Version).action_and_where(newer).to_owned();
        let mut taken = Query::insert();
        taken
            .into_table(Entity)
            .columns([Column::Source, Column::Version])
            .on_conflict(take)
            .returning_col(Column::Source);
        // In the order of their names, so that two who take in some of the same do not wait for each other.
        for (source, version) in versions {
            taken.values([source.as_str().into(), (*version).into()])?;
        }
        let rows = txn.query_all(&taken).await?;
        Ok(rows.iter().map(|row| row.try_get("", "source")).collect::<Result<_, _>>()?)
    }
}
