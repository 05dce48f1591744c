//! Exports of what the shop holds on a person, in the database.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use chrono::{DateTime, TimeDelta, Utc};
use kit::db::Among;
use kit::{Failure, Result, Txn};
use sea_orm::entity::prelude::*;
use sea_orm::{IntoActiveModel, QueryOrder, QuerySelect, Set};
use serde_json::Value;
use vocab::{ExportId, UserId};

use super::{Store, privacy_step};
use crate::data_export::{DataExport, Part};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "data_export")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    id: String,
    user_id: String,
    requested_at: DateTimeUtc,
    ready_at: Option<DateTimeUtc>,
    expires_at: Option<DateTimeUtc>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Few enough for one transaction that others wait behind.
const EXPIRED_AT_ONCE: u64 = 100;

impl Store {
    pub(crate) async fn insert_export(&self, txn: &Txn, id: &ExportId, user: &UserId) -> Result<()> {
        let row = Model {
            id: id.to_string(),
            user_id: user.to_string(),
            requested_at: self.clock.now(),
            ready_at: None,
            expires_at: None,
        };
        Entity::insert(row.into_active_model()).exec_without_returning(&**txn).await?;
        Ok(())
    }

    /// The export of this user that is being prepared, if one is.
    pub(crate) async fn export_under_way(txn: &Txn, user: &UserId) -> Result<Option<ExportId>> {
        let found = Entity::find().filter(Column::UserId.eq(user.as_str())).filter(Column::ReadyAt.is_null());
        Ok(found.one(&**txn).await?.map(|row| ExportId::parse(&row.id)).transpose()?)
    }

    /// Nobody else takes in an answer to this export until the transaction ends. False when there is none.
    pub(crate) async fn export_in_hand(txn: &Txn, id: &str) -> Result<bool> {
        Ok(Entity::find_by_id(id).lock_exclusive().one(&**txn).await?.is_some())
    }

    /// Every part is there.
    pub(crate) async fn export_ready(&self, txn: &Txn, id: &str, life: TimeDelta) -> Result<()> {
        let now = self.clock.now();
        Entity::update_many()
            .set(ActiveModel { ready_at: Set(Some(now)), expires_at: Set(Some(now + life)), ..Default::default() })
            .filter(Column::Id.eq(id))
            .filter(Column::ReadyAt.is_null())
            .exec(&**txn)
            .await?;
        Ok(())
    }

    /// The user's export with this id; nobody else's.
    pub(crate) async fn export(&self, id: &ExportId, of: &UserId) -> Result<Option<DataExport>> {
        let row = Entity::find_by_id(id.as_str()).filter(Column::UserId.eq(of.as_str())).one(self.db.reader()).await?;
        Ok(self.with_parts(row.into_iter().collect()).await?.pop())
    }

    /// What was handed over, by keeper. None unless all of it is there.
    pub(crate) async fn export_document(&self, id: &ExportId) -> Result<Option<Value>> {
        let steps = Self::steps_of(self.db.reader(), &[id.as_str()]).await?;
        if steps.is_empty() {
            return Ok(None);
        }
        let mut document = serde_json::Map::new();
        for step in steps {
            let Some(answer) = step.answer else { return Ok(None) };
            document.insert(step.keeper, serde_json::from_str(&answer)?);
        }
        Ok(Some(Value::Object(document)))
    }

    /// Forgets the parts of exports that have expired, and says of how many.
    pub(crate) async fn forget_expired_exports(&self) -> Result<usize> {
        let expired = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::ExpiresAt.lte(self.clock.now()))
            .order_by_asc(Column::ExpiresAt)
            .limit(EXPIRED_AT_ONCE);
        let ids: Vec<String> = expired.into_tuple().all(self.db.reader()).await?;
        if ids.is_empty() {
            return Ok(0);
        }
        let txn = self.db.begin().await?;
        Self::forget_steps(&txn, &ids).await?;
        Entity::delete_many().filter(Column::Id.among(&ids)).exec(&*txn).await?;
        txn.commit().await?;
        Ok(ids.len())
    }

    /// Forgets every export of a user.
    pub(super) async fn forget_exports(txn: &Txn, user: &UserId) -> Result<()> {
        let theirs = Entity::find().select_only().column(Column::Id).filter(Column::UserId.eq(user.as_str()));
        let ids: Vec<String> = theirs.into_tuple().all(&**txn).await?;
        Self::forget_steps(txn, &ids).await?;
        Entity::delete_many().filter(Column::UserId.eq(user.as_str())).exec(&**txn).await?;
        Ok(())
    }

    async fn with_parts(&self, rows: Vec<Model>) -> Result<Vec<DataExport>> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
        let steps = Self::steps_of(self.db.reader(), &ids).await?;
        let now = self.clock.now();
        rows.iter().map(|row| row.export(&steps, now)).collect()
    }
}

impl Model {
    fn export(&self, steps: &[privacy_step::Model], now: DateTime<Utc>) -> Result<DataExport> {
        let of_this = steps.iter().filter(|step| step.request_id == self.id);
        Ok(DataExport {
            id: ExportId::parse(&self.id)?,
            requested_at: self.requested_at,
            ready: self.ready_at.is_some(),
            expired: self.expires_at.is_some_and(|at| at <= now),
            expires_at: self.expires_at,
            parts: of_this.map(|step| Part { keeper: step.keeper.clone(), received_at: step.answered_at }).collect(),
        })
    }
}

/// Which exports has this user asked for? The newest first.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ExportsOf(pub UserId);

impl Loader<ExportsOf> for Store {
    type Value = Vec<DataExport>;
    type Error = Failure;

    async fn load(&self, keys: &[ExportsOf]) -> Result<HashMap<ExportsOf, Vec<DataExport>>> {
        let rows = Entity::find()
            .filter(Column::UserId.among(keys.iter().map(|ExportsOf(user)| user.as_str())))
            .order_by_desc(Column::RequestedAt)
            .order_by_desc(Column::Id)
            .all(self.db.reader())
            .await?;
        let users: Vec<String> = rows.iter().map(|row| row.user_id.clone()).collect();
        let mut found: HashMap<ExportsOf, Vec<DataExport>> = HashMap::new();
        for (user, export) in users.iter().zip(self.with_parts(rows).await?) {
            found.entry(ExportsOf(UserId::parse(user)?)).or_default().push(export);
        }
        Ok(found)
    }
}
