//! Signing keys in the database. Their private halves are sealed: whoever copies the database signs nothing.

use kit::db::Among;
use kit::identity::sealing::Sealed;
use kit::{Failure, Result, Sealing, SigningKey, Txn};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{QueryOrder, Set};

use super::Store;
use crate::operator::operator;
use crate::signing_key::{KeyRing, SigningKeys};

#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "signing_key")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    generation: i32,
    kid: String,
    /// PKCS #8, sealed.
    #[sea_orm(column_type = "Blob")]
    private_key: Vec<u8>,
    created_at: DateTimeUtc,
    /// The name of the key that sealed it; null where it lies open, from before private halves were sealed.
    sealed_by: Option<String>,
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
        self.seal_signing_keys().await?;
        let mut made = self.made_signing_keys().await?;
        if made.is_empty() {
            let txn = self.begin().await?;
            self.insert_signing_key(&txn, FIRST, &SigningKey::generate(self.clock.now())?).await?;
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
        let txn = self.begin().await?;
        let generation = Self::next_generation(&txn).await?;
        if self.insert_signing_key(&txn, generation, &key).await? {
            txn.record(&operator("keys.rotate", key.kid(), self.clock.now())).await?;
            txn.commit().await?;
            return Ok(key);
        }
        txn.rollback().await?;
        Err(Failure::fault(anyhow::anyhow!("another rotation was faster: look at the keys before you rotate again")))
    }

    /// Makes a key that signs at once and forgets all others, opened or not: what they have signed is believed no more.
    pub async fn replace_signing_keys(&self) -> Result<SigningKey> {
        let key = SigningKey::generate(self.clock.now())?;
        let txn = self.begin().await?;
        let generation = Self::next_generation(&txn).await?;
        Entity::delete_many().exec(&*txn).await?;
        self.insert_signing_key(&txn, generation, &key).await?;
        txn.record(&operator("keys.replace", key.kid(), self.clock.now())).await?;
        txn.commit().await?;
        Ok(key)
    }

    /// All that are kept, in the order in which they were made.
    pub async fn made_signing_keys(&self) -> Result<Vec<SigningKey>> {
        let rows = Entity::find().order_by_asc(Column::Generation).all(self.db.reader()).await?;
        let sealing = self.sealing()?;
        rows.into_iter().map(|row| row.opened(sealing)).collect()
    }

    /// Seals with the current key what lies open or was sealed with the former. A key that lay open may have been copied,
    /// so the next one is made at once.
    async fn seal_signing_keys(&self) -> Result<()> {
        let sealing = self.sealing()?;
        let rows = Entity::find().order_by_asc(Column::Generation).all(self.db.reader()).await?;
        let mut lay_open = false;
        for row in rows.into_iter().filter(|row| row.sealed_by.as_deref() != Some(sealing.name())) {
            let before = row.sealed_by.clone();
            let (kid, key) = (row.kid.clone(), row.opened(sealing)?);
            let Sealed { by, bytes } = sealing.seal(key.pkcs8(), &place(&kid))?;
            let untouched = match &before {
                Some(name) => Column::SealedBy.eq(name),
                None => Column::SealedBy.is_null(),
            };
            let changes = ActiveModel { private_key: Set(bytes), sealed_by: Set(Some(by)), ..Default::default() };
            let txn = self.begin().await?;
            let sealed = Entity::update_many().set(changes).filter(Column::Kid.eq(kid)).filter(untouched);
            let sealed = sealed.exec(&*txn).await?;
            txn.commit().await?;
            lay_open |= before.is_none() && sealed.rows_affected == 1;
        }
        if lay_open {
            let next = self.rotate_signing_keys().await?;
            tracing::warn!(kid = next.kid(), "the keys that sign tokens lay open until now: another takes their turn");
        }
        Ok(())
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
        let deleted = Entity::delete_many().filter(Column::Kid.among(spent)).exec(&*txn).await?;
        txn.commit().await?;
        Ok(deleted.rows_affected)
    }

    async fn next_generation(txn: &Txn) -> Result<i32> {
        let newest = Entity::find().order_by_desc(Column::Generation).one(&**txn).await?;
        Ok(newest.map_or(FIRST, |row| row.generation + 1))
    }

    /// False when there is a key of this generation already.
    async fn insert_signing_key(&self, txn: &Txn, generation: i32, key: &SigningKey) -> Result<bool> {
        let Sealed { by, bytes } = self.sealing()?.seal(key.pkcs8(), &place(key.kid()))?;
        let row = ActiveModel {
            generation: Set(generation),
            kid: Set(key.kid().to_owned()),
            private_key: Set(bytes),
            created_at: Set(key.created_at),
            sealed_by: Set(Some(by)),
        };
        let rows = Entity::insert(row)
            .on_conflict(OnConflict::column(Column::Generation).do_nothing().to_owned())
            .exec_without_returning(&**txn)
            .await?;
        Ok(rows > 0)
    }
}

impl Model {
    fn opened(self, sealing: &Sealing) -> Result<SigningKey> {
        let pkcs8 = match self.sealed_by {
            Some(by) => sealing.open(&Sealed { by, bytes: self.private_key }, &place(&self.kid))?,
            None => self.private_key,
        };
        SigningKey::stored(pkcs8, self.created_at)
    }
}

/// Where a key's private half may be opened, and nowhere else.
fn place(kid: &str) -> String {
    format!("signing_key/{kid}")
}
