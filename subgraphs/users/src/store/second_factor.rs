//! Second factors and recovery codes in the database.

use chrono::{DateTime, Utc};
use kit::{Result, Txn};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{Condition, QuerySelect, Set};
use vocab::UserId;

use super::Store;
use crate::second_factor::{RecoveryCode, Seed};

#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "second_factor")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    user_id: String,
    #[sea_orm(column_type = "Blob")]
    secret: Vec<u8>,
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

impl Store {
    /// This user's second factor. Who wants it too waits for the end of the transaction.
    pub(crate) async fn second_factor_in_hand(txn: &Txn, user: &UserId) -> Result<Option<KeptFactor>> {
        let row = Entity::find_by_id(user.as_str()).lock_exclusive().one(&**txn).await?;
        Ok(row.map(|row| KeptFactor { seed: Seed::kept(row.secret), confirmed_at: row.confirmed_at }))
    }

    /// Since when this user has a second factor.
    pub(crate) async fn second_factor_since(&self, user: &UserId) -> Result<Option<DateTime<Utc>>> {
        let row = Entity::find_by_id(user.as_str()).one(self.db.reader()).await?;
        Ok(row.and_then(|row| row.confirmed_at))
    }

    /// Keeps a seed that is yet to be confirmed, in the place of another such. False when one counts already.
    pub(crate) async fn offer_second_factor(&self, txn: &Txn, user: &UserId, seed: &Seed) -> Result<bool> {
        let row = ActiveModel {
            user_id: Set(user.to_string()),
            secret: Set(seed.keep()),
            created_at: Set(self.clock.now()),
            confirmed_at: Set(None),
            last_step: Set(None),
        };
        let replaced = OnConflict::column(Column::UserId)
            .update_columns([Column::Secret, Column::CreatedAt])
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

    /// The user has no second factor any more. False when there was none.
    pub(crate) async fn remove_second_factor(txn: &Txn, user: &UserId) -> Result<bool> {
        Self::forget_recovery_codes(txn, user).await?;
        Ok(Entity::delete_by_id(user.as_str()).exec(&**txn).await?.rows_affected > 0)
    }
}
