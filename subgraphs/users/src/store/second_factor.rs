//! Second factors and recovery codes in the database. What codes follow from is sealed: whoever copies the database makes
//! none.

use chrono::{DateTime, Utc};
use kit::identity::sealing::Sealed;
use kit::{Result, Txn};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{Condition, QuerySelect, Set};
use vocab::UserId;

use super::Store;
use crate::second_factor::{RecoveryCode, Seed};
use crate::session::Method;

#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "second_factor")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    user_id: String,
    #[sea_orm(column_type = "Blob")]
    secret: Vec<u8>,
    /// The name of the key that sealed it.
    sealed_by: String,
    created_at: DateTimeUtc,
    confirmed_at: Option<DateTimeUtc>,
    last_step: Option<i64>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("second_factor::Model").finish_non_exhaustive()
    }
}

mod recovery_code {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "recovery_code")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub hash: String,
        pub user_id: String,
        pub created_at: DateTimeUtc,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A second factor as it is kept.
#[derive(Clone, Debug)]
pub(crate) struct KeptFactor {
    pub seed: Seed,
    /// Since when it counts; None until a code has shown that its owner has it.
    pub confirmed_at: Option<DateTime<Utc>>,
}

/// Where a secret stands: moved to another row it does not open.
fn place(user: &str) -> String {
    format!("second_factor.secret {user}")
}

impl Store {
    /// This user's second factor. Who wants it too waits for the end of the transaction.
    pub(crate) async fn second_factor_in_hand(&self, txn: &Txn, user: &UserId) -> Result<Option<KeptFactor>> {
        let row = Entity::find_by_id(user.as_str()).lock_exclusive().one(&**txn).await?;
        let Some(Model { secret: bytes, sealed_by: by, confirmed_at, .. }) = row else { return Ok(None) };
        let seed = self.sealing()?.open(&Sealed { by, bytes }, &place(user.as_str()))?;
        Ok(Some(KeptFactor { seed: Seed::kept(seed), confirmed_at }))
    }

    /// Whether signing in to this account takes a second factor.
    pub(crate) async fn takes_second_factor(txn: &Txn, user: &UserId) -> Result<bool> {
        let counting = Entity::find_by_id(user.as_str()).filter(Column::ConfirmedAt.is_not_null());
        Ok(counting.count(&**txn).await? > 0)
    }

    /// Seals with the current key what the former one has sealed, so that the former can go.
    pub(crate) async fn seal_second_factors(&self) -> Result<()> {
        let sealing = self.sealing()?;
        let former = Entity::find().filter(Column::SealedBy.ne(sealing.name()));
        for Model { user_id, secret: bytes, sealed_by: by, .. } in former.all(self.db.reader()).await? {
            let seed = sealing.open(&Sealed { by: by.clone(), bytes }, &place(&user_id))?;
            let sealed = sealing.seal(&seed, &place(&user_id))?;
            let txn = self.db.begin().await?;
            Entity::update_many()
                .set(ActiveModel { secret: Set(sealed.bytes), sealed_by: Set(sealed.by), ..Default::default() })
                .filter(Column::UserId.eq(user_id))
                .filter(Column::SealedBy.eq(by))
                .exec(&*txn)
                .await?;
            txn.commit().await?;
        }
        Ok(())
    }

    /// Since when this user has a second factor.
    pub(crate) async fn second_factor_since(&self, user: &UserId) -> Result<Option<DateTime<Utc>>> {
        let row = Entity::find_by_id(user.as_str()).one(self.db.reader()).await?;
        Ok(row.and_then(|row| row.confirmed_at))
    }

    /// Keeps a seed that is yet to be confirmed, in the place of another such. False when one counts already.
    pub(crate) async fn offer_second_factor(&self, txn: &Txn, user: &UserId, seed: &Seed) -> Result<bool> {
        let Sealed { by, bytes } = self.sealing()?.seal(seed.reveal(), &place(user.as_str()))?;
        let row = ActiveModel {
            user_id: Set(user.to_string()),
            secret: Set(bytes),
            sealed_by: Set(by),
            created_at: Set(self.clock.now()),
            confirmed_at: Set(None),
            last_step: Set(None),
        };
        let replaced = OnConflict::column(Column::UserId)
            .update_columns([Column::Secret, Column::SealedBy, Column::CreatedAt])
            .action_and_where(Expr::col((Entity, Column::ConfirmedAt)).is_null())
            .to_owned();
        Ok(Entity::insert(row).on_conflict(replaced).exec_without_returning(&**txn).await? > 0)
    }

    pub(crate) async fn confirm_second_factor(&self, txn: &Txn, user: &UserId) -> Result<()> {
        Entity::update_many()
            .set(ActiveModel { confirmed_at: Set(Some(self.clock.now())), ..Default::default() })
            .filter(Column::UserId.eq(user.as_str()))
            .exec(&**txn)
            .await?;
        Ok(())
    }

    /// Uses the code of a time step up. False when that one, or a later one, was used before.
    pub(crate) async fn use_step(txn: &Txn, user: &UserId, step: i64) -> Result<bool> {
        let unused = Condition::any().add(Column::LastStep.is_null()).add(Column::LastStep.lt(step));
        let used = Entity::update_many()
            .set(ActiveModel { last_step: Set(Some(step)), ..Default::default() })
            .filter(Column::UserId.eq(user.as_str()))
            .filter(unused)
            .exec(&**txn)
            .await?;
        Ok(used.rows_affected == 1)
    }

    /// Puts these recovery codes in the place of all others.
    pub(crate) async fn keep_recovery_codes(&self, txn: &Txn, user: &UserId, codes: &[RecoveryCode]) -> Result<()> {
        Self::forget_recovery_codes(txn, user).await?;
        let rows = codes.iter().map(|code| recovery_code::ActiveModel {
            hash: Set(code.hash(user)),
            user_id: Set(user.to_string()),
            created_at: Set(self.clock.now()),
        });
        recovery_code::Entity::insert_many(rows).exec_without_returning(&**txn).await?;
        Ok(())
    }

    /// Uses a recovery code up. False when there is none such.
    pub(crate) async fn use_recovery_code(txn: &Txn, user: &UserId, code: &RecoveryCode) -> Result<bool> {
        let used = recovery_code::Entity::delete_many()
            .filter(recovery_code::Column::Hash.eq(code.hash(user)))
            .filter(recovery_code::Column::UserId.eq(user.as_str()))
            .exec(&**txn)
            .await?;
        Ok(used.rows_affected == 1)
    }

    pub(crate) async fn recovery_codes_left(&self, user: &UserId) -> Result<u64> {
        let left = recovery_code::Entity::find().filter(recovery_code::Column::UserId.eq(user.as_str()));
        Ok(left.count(self.db.reader()).await?)
    }

    async fn forget_recovery_codes(txn: &Txn, user: &UserId) -> Result<()> {
        let theirs = recovery_code::Column::UserId.eq(user.as_str());
        recovery_code::Entity::delete_many().filter(theirs).exec(&**txn).await?;
        Ok(())
    }

    /// The user has no second factor any more, and no session has shown one. False when there was none.
    pub(crate) async fn remove_second_factor(txn: &Txn, user: &UserId) -> Result<bool> {
        Self::forget_recovery_codes(txn, user).await?;
        Self::forget_method(txn, user, Method::Otp).await?;
        Ok(Entity::delete_by_id(user.as_str()).exec(&**txn).await?.rows_affected > 0)
    }
}
