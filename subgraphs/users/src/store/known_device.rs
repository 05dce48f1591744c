//! Known devices in the database: the hashes of what they are known by.

use chrono::{DateTime, Utc};
use kit::db::Among;
use kit::{Result, Txn};
use sea_orm::entity::prelude::*;
use sea_orm::{IntoActiveModel, QueryOrder, QuerySelect, Set};
use vocab::UserId;

use super::Store;
use crate::known_device::DeviceToken;

#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "known_device")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    hash: String,
    user_id: String,
    created_at: DateTimeUtc,
    last_used_at: DateTimeUtc,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("known_device::Model").finish_non_exhaustive()
    }
}

/// The last used ones are known; who signs in on more forgets the others.
const MOST: u64 = 20;

impl Store {
    /// Whose device it is, if somebody signed in on it since.
    pub(crate) async fn owner_of_device(&self, token: &DeviceToken, since: DateTime<Utc>) -> Result<Option<UserId>> {
        let row = Entity::find_by_id(token.hash()).filter(Column::LastUsedAt.gt(since)).one(self.db.reader()).await?;
        row.map(|row| Ok(UserId::parse(&row.user_id)?)).transpose()
    }

    /// Knows the device on which this user signs in: by the token that it brings, if that is theirs, else by a new one.
    pub(crate) async fn know_device(
        &self,
        txn: &Txn,
        user: &UserId,
        presented: Option<DeviceToken>,
    ) -> Result<DeviceToken> {
        let now = self.clock.now();
        if let Some(token) = presented {
            let known = Entity::update_many()
                .set(ActiveModel { last_used_at: Set(now), ..Default::default() })
                .filter(Column::Hash.eq(token.hash()))
                .filter(Column::UserId.eq(user.as_str()))
                .exec(&**txn)
                .await?;
            if known.rows_affected > 0 {
                return Ok(token);
            }
        }
        let token = DeviceToken::generate()?;
        let row = Model { hash: token.hash(), user_id: user.to_string(), created_at: now, last_used_at: now };
        Entity::insert(row.into_active_model()).exec_without_returning(&**txn).await?;
        let beyond: Vec<String> = Entity::find()
            .select_only()
            .column(Column::Hash)
            .filter(Column::UserId.eq(user.as_str()))
            .order_by_desc(Column::LastUsedAt)
            .order_by_desc(Column::Hash)
            .offset(MOST)
            // SQLite has no offset without a limit.
            .limit(MOST)
            .into_tuple()
            .all(&**txn)
            .await?;
        if !beyond.is_empty() {
            Entity::delete_many().filter(Column::Hash.among(beyond)).exec(&**txn).await?;
        }
        Ok(token)
    }

    /// Knows none of this user's devices any more.
    pub(crate) async fn forget_devices(txn: &Txn, user: &UserId) -> Result<()> {
        Entity::delete_many().filter(Column::UserId.eq(user.as_str())).exec(&**txn).await?;
        Ok(())
    }
}
