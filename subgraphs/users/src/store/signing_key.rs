//! Signing keys in the database.

use kit::{Failure, Result, SigningKey};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{QueryOrder, Set};

use super::Store;
use crate::signing_key::SigningKeys;

#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "signing_key")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    generation: i32,
    kid: String,
    #[sea_orm(column_type = "Blob")]
    pkcs8: Vec<u8>,
    created_at: DateTimeUtc,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("signing_key::Model").field("kid", &self.kid).finish_non_exhaustive()
    }
}

const FIRST: i32 = 1;

impl Store {
    /// The keys that sign, and the first of them when there is none yet. Replicas that start at once all try to write
    /// it; one does, and all read what it wrote.
    pub async fn signing_keys(&self) -> Result<SigningKeys> {
        if let Some(keys) = self.find_signing_keys().await? {
            return Ok(keys);
        }
        let key = SigningKey::generate(self.clock.now())?;
        let row = ActiveModel {
            generation: Set(FIRST),
            kid: Set(key.kid().to_owned()),
            pkcs8: Set(key.pkcs8().to_vec()),
            created_at: Set(key.created_at),
        };
        let txn = self.db.begin().await?;
        Entity::insert(row)
            .on_conflict(OnConflict::column(Column::Generation).do_nothing().to_owned())
            .exec_without_returning(&*txn)
            .await?;
        txn.commit().await?;
        let keys = self.find_signing_keys().await?;
        keys.ok_or_else(|| Failure::fault(anyhow::anyhow!("the first signing key vanished after it was written")))
    }

    async fn find_signing_keys(&self) -> Result<Option<SigningKeys>> {
        let rows = Entity::find().order_by_desc(Column::Generation).all(self.db.reader()).await?;
        let mut keys = rows.into_iter().map(|row| SigningKey::stored(row.pkcs8, row.created_at));
        let Some(current) = keys.next().transpose()? else { return Ok(None) };
        Ok(Some(SigningKeys { current, former: keys.collect::<Result<_>>()? }))
    }
}
