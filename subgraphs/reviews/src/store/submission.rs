//! Which key stood for which review.

use kit::{Failure, Result, Txn};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use vocab::{ReviewId, UserId};

use super::Store;
use vocab::IdempotencyKey;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "review_submission")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    author_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    idempotency_key: String,
    fingerprint: String,
    review_id: String,
    created_at: DateTimeUtc,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// A review that was submitted under a key.
pub(crate) struct Submission {
    pub author_id: UserId,
    pub key: IdempotencyKey,
    pub fingerprint: String,
    pub review_id: ReviewId,
}

/// The submission that has the key.
pub(crate) struct Earlier {
    pub fingerprint: String,
    pub review_id: ReviewId,
}

impl Store {
    /// Takes the key for this submission, or says which one has it. Waits for one that is taking it at this moment.
    pub(crate) async fn claim(&self, txn: &Txn, submission: &Submission) -> Result<Option<Earlier>> {
        let Submission { author_id, key, fingerprint, review_id } = submission;
        let row = ActiveModel {
            author_id: Set(author_id.to_string()),
            idempotency_key: Set(key.as_str().to_owned()),
            fingerprint: Set(fingerprint.clone()),
            review_id: Set(review_id.to_string()),
            created_at: Set(self.clock.now()),
        };
        let rows = Entity::insert(row)
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .exec_without_returning(&**txn)
            .await?;
        if rows > 0 {
            return Ok(None);
        }
        let id = (author_id.to_string(), key.as_str().to_owned());
        let earlier = Entity::find_by_id(id).one(&**txn).await?;
        let earlier = earlier.ok_or_else(|| Failure::fault(anyhow::anyhow!("a key is taken, and by nobody")))?;
        Ok(Some(Earlier { fingerprint: earlier.fingerprint, review_id: ReviewId::parse(&earlier.review_id)? }))
    }
}
