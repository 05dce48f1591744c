//! Signing keys in the database.

use kit::{Failure, Result, SigningKey, Txn};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{QueryOrder, Set};

use super::Store;
use crate::ensure::operator;
use crate::signing_key::{KeyRing, SigningKeys};

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
    pub async fn signing_keys(&self) -> Result<KeyRing> {
        let mut made = self.made_signing_keys().await?;
        if made.is_empty() {
            let txn = self.begin().await?;
            Self::insert_signing_key(&txn, FIRST, &SigningKey::generate(self.clock.now())?).await?;
            txn.commit().await?;
            made = self.made_signing_keys().await?;
        }
        let ring = KeyRing::new(made, self.clock.clone());
        ring.now()?;
        Ok(ring)
    }

    /// Makes a key that will have its turn when everybody knows it.
    pub async fn rotate_signing_keys(&self) -> Result<SigningKey> {
        let key = SigningKey::generate(self.clock.now())?;
        let newest = Entity::find().order_by_desc(Column::Generation).one(self.db.reader()).await?;
        let generation = newest.map_or(FIRST, |row| row.generation + 1);
        let txn = self.begin().await?;
        if Self::insert_signing_key(&txn, generation, &key).await? {
            txn.record(&operator("keys.rotate", key.kid(), self.clock.now())).await?;
            txn.commit().await?;
            return Ok(key);
        }
        txn.rollback().await?;
        Err(Failure::fault(anyhow::anyhow!("another rotation was faster: look at the keys before you rotate again")))
    }

    /// All that are kept, in the order in which they were made.
    pub async fn made_signing_keys(&self) -> Result<Vec<SigningKey>> {
        let rows = Entity::find().order_by_asc(Column::Generation).all(self.db.reader()).await?;
        rows.into_iter().map(|row| SigningKey::stored(row.pkcs8, row.created_at)).collect()
    }

    /// Forgets keys no token of which can stand.
    pub(crate) async fn sweep_signing_keys(&self) -> Result<u64> {
        let made = self.made_signing_keys().await?;
        let Some(SigningKeys { current, former, upcoming }) = SigningKeys::at(self.clock.now(), &made) else {
            return Ok(0);
        };
        let kept = std::iter::once(&current).chain(&former).chain(&upcoming);
        let kept: Vec<&str> = kept.map(SigningKey::kid).collect();
        let spent: Vec<&str> = made.iter().map(SigningKey::kid).filter(|kid| !kept.contains(kid)).collect();
        if spent.is_empty() {
            return Ok(0);
        }
        let txn = self.db.begin().await?;
        let deleted = Entity::delete_many().filter(Column::Kid.is_in(spent)).exec(&*txn).await?;
        txn.commit().await?;
        Ok(deleted.rows_affected)
    }

    /// False when there is a key of this generation already.
    async fn insert_signing_key(txn: &Txn, generation: i32, key: &SigningKey) -> Result<bool> {
        let row = ActiveModel {
            generation: Set(generation),
            kid: Set(key.kid().to_owned()),
            pkcs8: Set(key.pkcs8().to_vec()),
            created_at: Set(key.created_at),
        };
        let rows = Entity::insert(row)
            .on_conflict(OnConflict::column(Column::Generation).do_nothing().to_owned())
            .exec_without_returning(&**txn)
            .await?;
        Ok(rows > 0)
    }
}
