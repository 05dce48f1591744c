//! Erasures in the database.

use kit::{Result, Txn};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{IntoActiveModel, QueryOrder, QuerySelect, Set};
use uuid::Uuid;
use vocab::{ErasureId, UserId};

use super::Store;
use crate::erasure::{Erasure, PrivacyStep};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "erasure")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    id: String,
    user_id: String,
    requested_at: DateTimeUtc,
    requested_by: Option<String>,
    texts_too: bool,
    closed_at: Option<DateTimeUtc>,
    mail_id: Option<String>,
    done_at: Option<DateTimeUtc>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Store {
    /// False when the user is being erased already.
    pub(crate) async fn insert_erasure(
        &self,
        txn: &Txn,
        id: &ErasureId,
        user: &UserId,
        by: Option<&str>,
        texts_too: bool,
    ) -> Result<bool> {
        let row = Model {
            id: id.to_string(),
            user_id: user.to_string(),
            requested_at: self.clock.now(),
            requested_by: by.map(str::to_owned),
            texts_too,
            closed_at: None,
            mail_id: None,
            done_at: None,
        };
        let rows = Entity::insert(row.into_active_model())
            .on_conflict(OnConflict::column(Column::UserId).do_nothing().to_owned())
            .exec_without_returning(&**txn)
            .await?;
        Ok(rows > 0)
    }

    pub(crate) async fn erasure(&self, id: &ErasureId) -> Result<Option<Erasure>> {
        let row = Entity::find_by_id(id.as_str()).one(self.db.reader()).await?;
        self.with_steps(row).await
    }

    pub(crate) async fn erasure_of(&self, user: &UserId) -> Result<Option<Erasure>> {
        let row = Entity::find().filter(Column::UserId.eq(user.as_str())).one(self.db.reader()).await?;
        self.with_steps(row).await
    }

    async fn with_steps(&self, row: Option<Model>) -> Result<Option<Erasure>> {
        let Some(row) = row else { return Ok(None) };
        let steps = Self::steps_of(self.db.reader(), &[&row.id]).await?;
        row.erasure(&steps.iter().map(Into::into).collect::<Vec<_>>()).map(Some)
    }

    /// The erasure, and nobody else's to move on until the transaction ends.
    pub(crate) async fn erasure_in_hand(txn: &Txn, id: &str) -> Result<Option<Erasure>> {
        let Some(row) = Entity::find_by_id(id).lock_exclusive().one(&**txn).await? else { return Ok(None) };
        let steps = Self::steps_of(&**txn, &[id]).await?;
        row.erasure(&steps.iter().map(Into::into).collect::<Vec<_>>()).map(Some)
    }

    /// There is no account any more.
    pub(crate) async fn erasure_closed(&self, txn: &Txn, id: &ErasureId, mail: Option<Uuid>) -> Result<()> {
        let closed = ActiveModel {
            closed_at: Set(Some(self.clock.now())),
            mail_id: Set(mail.map(|id| id.to_string())),
            ..Default::default()
        };
        Entity::update_many().set(closed).filter(Column::Id.eq(id.as_str())).exec(&**txn).await?;
        Ok(())
    }

    pub(crate) async fn erasure_done(&self, txn: &Txn, id: &ErasureId) -> Result<()> {
        let done = ActiveModel { done_at: Set(Some(self.clock.now())), ..Default::default() };
        Entity::update_many().set(done).filter(Column::Id.eq(id.as_str())).exec(&**txn).await?;
        Ok(())
    }

    /// Erasures whose account is gone and that are not done, those that wait longest first.
    pub(crate) async fn erasures_to_finish(&self, most: u64) -> Result<Vec<ErasureId>> {
        let open = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::ClosedAt.is_not_null())
            .filter(Column::DoneAt.is_null())
            .order_by_asc(Column::ClosedAt)
            .limit(most);
        let ids: Vec<String> = open.into_tuple().all(self.db.reader()).await?;
        ids.iter().map(|id| Ok(ErasureId::parse(id)?)).collect()
    }
}

impl Model {
    fn erasure(self, steps: &[PrivacyStep]) -> Result<Erasure> {
        Ok(Erasure {
            id: ErasureId::parse(&self.id)?,
            user_id: UserId::parse(&self.user_id)?,
            requested_at: self.requested_at,
            by_staff: self.requested_by.is_some(),
            texts_too: self.texts_too,
            closed_at: self.closed_at,
            mail_id: self.mail_id.as_deref().map(Uuid::parse_str).transpose()?,
            done_at: self.done_at,
            steps: steps.to_vec(),
        })
    }
}
