//! What keepers are asked for an export or an erasure, and what they have answered.

use chrono::{DateTime, TimeDelta, Utc};
use kit::db::Among;
use kit::identity::privacy::{Ask, COMMANDS, said};
use kit::messaging::Message;
use kit::{Result, Txn};
use sea_orm::entity::prelude::*;
use sea_orm::{IntoActiveModel, QueryOrder, QuerySelect, Set};
use serde::Serialize;
use serde_json::Value;

use super::Store;
use crate::erasure::{Postponement, PrivacyStep};

#[derive(Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "privacy_step")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub request_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub keeper: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub pass: i32,
    pub user_id: String,
    pub kind: String,
    #[sea_orm(column_type = "Text")]
    pub body: String,
    pub attempts: i32,
    pub next_at: Option<DateTimeUtc>,
    pub answered_at: Option<DateTimeUtc>,
    #[sea_orm(column_type = "Text", nullable)]
    pub answer: Option<String>,
    pub refused_at: Option<DateTimeUtc>,
    pub refusal: Option<String>,
    pub refusal_count: Option<i64>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// An answer may be all that a keeper has on somebody.
impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("privacy_step::Model");
        shown.field("request_id", &self.request_id).field("keeper", &self.keeper).finish_non_exhaustive()
    }
}

/// The pauses between two attempts double up to this.
const LONGEST_PAUSE: TimeDelta = TimeDelta::hours(1);

impl Store {
    /// Asks a keeper, at once or later.
    pub(crate) async fn ask_keeper(
        &self,
        txn: &Txn,
        kind: &str,
        ask: &Ask,
        body: &(impl Serialize + Sync),
        later: Option<DateTime<Utc>>,
        patience: TimeDelta,
    ) -> Result<()> {
        let message = said(kind, ask, body)?;
        let row = Model {
            request_id: ask.request_id.clone(),
            keeper: ask.keeper.clone(),
            pass: ask.pass,
            user_id: ask.user_id.clone(),
            kind: kind.to_owned(),
            body: message.body.to_string(),
            attempts: i32::from(later.is_none()),
            next_at: Some(later.unwrap_or_else(|| self.clock.now() + patience)),
            answered_at: None,
            answer: None,
            refused_at: None,
            refusal: None,
            refusal_count: None,
        };
        Entity::insert(row.into_active_model()).exec_without_returning(&**txn).await?;
        if later.is_none() {
            txn.send(COMMANDS, &message).await?;
        }
        Ok(())
    }

    /// Writes down what users itself hands over: nobody need be asked.
    pub(crate) async fn own_part(&self, txn: &Txn, kind: &str, ask: &Ask, part: &Value) -> Result<()> {
        let row = Model {
            request_id: ask.request_id.clone(),
            keeper: ask.keeper.clone(),
            pass: ask.pass,
            user_id: ask.user_id.clone(),
            kind: kind.to_owned(),
            body: Value::Null.to_string(),
            attempts: 0,
            next_at: None,
            answered_at: Some(self.clock.now()),
            answer: Some(part.to_string()),
            refused_at: None,
            refusal: None,
            refusal_count: None,
        };
        Entity::insert(row.into_active_model()).exec_without_returning(&**txn).await?;
        Ok(())
    }

    /// Asks once more where no answer came in time, and says how often it did.
    pub(crate) async fn ask_overdue_keepers(&self, most: u64, patience: TimeDelta) -> Result<usize> {
        let now = self.clock.now();
        let due = Entity::find().filter(Column::NextAt.lte(now)).order_by_asc(Column::NextAt).limit(most);
        let due = due.all(self.db.reader()).await?;
        let mut asked = 0;
        for row in due {
            let ask = row.ask();
            let pause = (patience * 2_i32.saturating_pow(row.attempts.clamp(0, 16).unsigned_abs())).min(LONGEST_PAUSE);
            let txn = self.db.begin().await?;
            // Of several replicas that see it, one asks.
            let taken = this(&ask)
                .set(ActiveModel {
                    attempts: Set(row.attempts.saturating_add(1)),
                    next_at: Set(Some(now + pause)),
                    ..Default::default()
                })
                .filter(Column::Attempts.eq(row.attempts))
                .filter(Column::NextAt.lte(now))
                .exec(&*txn)
                .await?;
            if taken.rows_affected == 1 {
                txn.send(COMMANDS, &row.command()?).await?;
                asked += 1;
            }
            txn.commit().await?;
        }
        Ok(asked)
    }

    /// Keeps an answer. False when the question was answered before, or was never asked.
    pub(crate) async fn keep_answer(&self, txn: &Txn, ask: &Ask, answer: &Value) -> Result<bool> {
        let kept = this(ask)
            .set(ActiveModel {
                answered_at: Set(Some(self.clock.now())),
                answer: Set(Some(answer.to_string())),
                next_at: Set(None),
                // It may name the address, and is not asked again.
                body: Set(Value::Null.to_string()),
                ..Default::default()
            })
            .filter(Column::AnsweredAt.is_null())
            .exec(&**txn)
            .await?;
        Ok(kept.rows_affected == 1)
    }

    /// Keeps a "not yet", to ask again later.
    pub(crate) async fn keep_refusal(
        &self,
        txn: &Txn,
        ask: &Ask,
        (reason, count): (&str, u64),
        again_at: DateTime<Utc>,
    ) -> Result<()> {
        this(ask)
            .set(ActiveModel {
                refused_at: Set(Some(self.clock.now())),
                refusal: Set(Some(reason.to_owned())),
                refusal_count: Set(Some(i64::try_from(count).unwrap_or(i64::MAX))),
                next_at: Set(Some(again_at)),
                attempts: Set(1),
                ..Default::default()
            })
            .filter(Column::AnsweredAt.is_null())
            .exec(&**txn)
            .await?;
        Ok(())
    }

    /// Every question of these requests, in the order of the keepers' names.
    pub(crate) async fn steps_of(db: &impl ConnectionTrait, requests: &[&str]) -> Result<Vec<Model>> {
        let of_these = Entity::find().filter(Column::RequestId.among(requests.iter().copied()));
        Ok(of_these.order_by_asc(Column::Keeper).order_by_asc(Column::Pass).all(db).await?)
    }

    /// Forgets what was asked and answered for these requests.
    pub(crate) async fn forget_steps(txn: &Txn, requests: &[String]) -> Result<()> {
        Entity::delete_many().filter(Column::RequestId.among(requests)).exec(&**txn).await?;
        Ok(())
    }
}

fn this(ask: &Ask) -> sea_orm::UpdateMany<Entity> {
    Entity::update_many()
        .filter(Column::RequestId.eq(&ask.request_id))
        .filter(Column::Keeper.eq(&ask.keeper))
        .filter(Column::Pass.eq(ask.pass))
        .filter(Column::UserId.eq(&ask.user_id))
}

/// What an erasure needs to know of a question.
impl From<&Model> for PrivacyStep {
    fn from(row: &Model) -> Self {
        let refused = row.refused_at.zip(row.refusal.clone()).map(|(at, reason)| Postponement {
            at,
            reason,
            count: row.refusal_count.and_then(|count| u64::try_from(count).ok()).unwrap_or_default(),
            again_at: row.next_at,
        });
        Self { keeper: row.keeper.clone(), pass: row.pass, answered_at: row.answered_at, refused }
    }
}

impl Model {
    fn ask(&self) -> Ask {
        let Self { request_id, keeper, pass, user_id, .. } = self.clone();
        Ask { request_id, keeper, pass, user_id }
    }

    fn command(&self) -> Result<Message> {
        let body: Value = serde_json::from_str(&self.body)?;
        said(&self.kind, &self.ask(), &body)
    }
}
