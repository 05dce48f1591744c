//! Sessions in the database.

use chrono::{DateTime, TimeDelta, Utc};
use kit::graphql::page::Page;
use kit::{Result, Txn};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::ExprTrait;
use sea_orm::{Condition, IntoActiveModel, QueryOrder, QuerySelect, Set};
use serde::{Deserialize, Serialize};
use vocab::{SessionId, UserId};

use super::Store;
use crate::session::{Device, Method, Proof, RefreshToken, Salt, Session};

#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "session")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    id: String,
    user_id: String,
    pub(super) device: Option<String>,
    family_hash: String,
    token_hash: String,
    created_at: DateTimeUtc,
    last_used_at: DateTimeUtc,
    ended_at: Option<DateTimeUtc>,
    #[sea_orm(column_type = "Text")]
    spent: String,
    authenticated_at: Option<DateTimeUtc>,
    amr: String,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("session::Model").field("id", &self.id).finish_non_exhaustive()
    }
}

/// What became of a refresh token that somebody presented.
#[derive(Debug)]
pub(crate) enum Rotation {
    /// It was good, or was used just now, and this is the token that the session goes on with.
    Next(Session, RefreshToken),
    /// It was used before: its session has ended with this.
    Reused(SessionId),
    /// It is of no session that goes on.
    Unknown,
}

/// A refresh token that was used within the grace.
#[derive(Serialize, Deserialize)]
struct Spent {
    hash: String,
    at: DateTime<Utc>,
    /// What its successor follows from.
    salt: Salt,
}

/// No client goes through more tokens within the grace.
const MOST_SPENT: usize = 64;

impl Store {
    pub(crate) async fn insert_session(txn: &Txn, session: &Session, token: &RefreshToken) -> Result<()> {
        let Session { id, user_id, device, created_at, last_used_at, proof } = session;
        let row = Model {
            id: id.to_string(),
            user_id: user_id.to_string(),
            device: device.as_ref().map(|device| device.as_str().to_owned()),
            family_hash: token.family_hash(),
            token_hash: token.hash(),
            created_at: *created_at,
            last_used_at: *last_used_at,
            ended_at: None,
            spent: "[]".to_owned(),
            authenticated_at: proof.as_ref().map(|proof| proof.at),
            amr: proof.as_ref().map(|proof| Proof::written(&proof.methods)).unwrap_or_default(),
        };
        Entity::insert(row.into_active_model()).exec_without_returning(&**txn).await?;
        Ok(())
    }

    /// Puts a successor in the place of `presented`. Of several who present one token at once all get the same one: who
    /// comes second finds it among those that were spent within `grace`, and what has come in its place since.
    pub(crate) async fn rotate(
        &self,
        txn: &Txn,
        presented: &RefreshToken,
        grace: TimeDelta,
        life: TimeDelta,
    ) -> Result<Rotation> {
        let now = self.clock.now();
        let going_on = Entity::find()
            .filter(Column::FamilyHash.eq(presented.family_hash()))
            .filter(Column::EndedAt.is_null())
            .filter(Column::LastUsedAt.gt(now - life));
        let Some(row) = going_on.lock_exclusive().one(&**txn).await? else { return Ok(Rotation::Unknown) };
        let mut spent: Vec<Spent> = serde_json::from_str(&row.spent)?;
        spent.retain(|one| one.at > now - grace);
        let mut token = presented.clone();
        while let Some(one) = spent.iter().find(|one| one.hash == token.hash()) {
            token = token.successor(&one.salt);
        }
        if token.hash() != row.token_hash {
            let id = SessionId::parse(&row.id)?;
            self.end_where(txn, Condition::all().add(Column::Id.eq(id.as_str()))).await?;
            return Ok(Rotation::Reused(id));
        }
        if token.hash() != presented.hash() {
            return Ok(Rotation::Next(row.session()?, token));
        }
        let salt = Salt::random()?;
        let next = presented.successor(&salt);
        spent.push(Spent { hash: presented.hash(), at: now, salt });
        let dropped = spent.len().saturating_sub(MOST_SPENT);
        let changes = ActiveModel {
            token_hash: Set(next.hash()),
            spent: Set(serde_json::to_string(&spent[dropped..])?),
            last_used_at: Set(now),
            ..Default::default()
        };
        Entity::update_many().set(changes).filter(Column::Id.eq(&row.id)).exec(&**txn).await?;
        Ok(Rotation::Next(row.session()?, next))
    }

    /// This session, if it is this user's and goes on. Who wants it too waits for the end of this transaction.
    pub(crate) async fn session_in_hand(txn: &Txn, id: &SessionId, of: &UserId) -> Result<Option<Session>> {
        let this =
            Entity::find_by_id(id.as_str()).filter(Column::UserId.eq(of.as_str())).filter(Column::EndedAt.is_null());
        this.lock_exclusive().one(&**txn).await?.map(Model::session).transpose()
    }

    /// Notes when and how the owner of a session has shown who they are.
    pub(crate) async fn prove(txn: &Txn, id: &SessionId, proof: &Proof) -> Result<()> {
        let changes = ActiveModel {
            authenticated_at: Set(Some(proof.at)),
            amr: Set(Proof::written(&proof.methods)),
            ..Default::default()
        };
        Entity::update_many().set(changes).filter(Column::Id.eq(id.as_str())).exec(&**txn).await?;
        Ok(())
    }

    /// No session of this user counts as proven with `method` any more. They go on with what else was shown.
    pub(crate) async fn forget_method(txn: &Txn, user: &UserId, method: Method) -> Result<()> {
        let theirs = Entity::find().filter(Column::UserId.eq(user.as_str())).filter(Column::EndedAt.is_null());
        let shown: Vec<String> = theirs.select_only().column(Column::Amr).distinct().into_tuple().all(&**txn).await?;
        for amr in shown {
            let mut methods = Proof::read(&amr);
            if !methods.contains(&method) {
                continue;
            }
            methods.retain(|shown| *shown != method);
            Entity::update_many()
                .set(ActiveModel { amr: Set(Proof::written(&methods)), ..Default::default() })
                .filter(Column::UserId.eq(user.as_str()))
                .filter(Column::Amr.eq(&amr))
                .exec(&**txn)
                .await?;
        }
        Ok(())
    }

    /// Ends this session, if it is this user's. Nothing is told of somebody else's.
    pub(crate) async fn end_session(&self, txn: &Txn, id: &SessionId, of: &UserId) -> Result<Vec<SessionId>> {
        let this = Condition::all().add(Column::Id.eq(id.as_str())).add(Column::UserId.eq(of.as_str()));
        self.end_where(txn, this).await
    }

    /// Ends all sessions of this user but one.
    pub(crate) async fn end_sessions(&self, txn: &Txn, of: &UserId, but: Option<&SessionId>) -> Result<Vec<SessionId>> {
        let others = but.map(|but| Column::Id.ne(but.as_str()));
        self.end_where(txn, Condition::all().add(Column::UserId.eq(of.as_str())).add_option(others)).await
    }

    async fn end_where(&self, txn: &Txn, which: Condition) -> Result<Vec<SessionId>> {
        let ended = Entity::update_many()
            .set(ActiveModel { ended_at: Set(Some(self.clock.now())), ..Default::default() })
            .filter(which)
            .filter(Column::EndedAt.is_null())
            .exec_with_returning(&**txn)
            .await?;
        ended.iter().map(|row| Ok(SessionId::parse(&row.id)?)).collect()
    }

    /// Whose session it is that a refresh token is or was of, as long as it goes on.
    pub(crate) async fn session_of_token(&self, token: &RefreshToken) -> Result<Option<Session>> {
        let row = Entity::find()
            .filter(Column::FamilyHash.eq(token.family_hash()))
            .filter(Column::EndedAt.is_null())
            .one(self.db.reader())
            .await?;
        row.map(|row| row.session()).transpose()
    }

    /// The sessions that ended after `since`, with when they did.
    pub(crate) async fn sessions_ended_since(&self, since: DateTime<Utc>) -> Result<Vec<(String, DateTime<Utc>)>> {
        let rows = Entity::find()
            .select_only()
            .columns([Column::Id, Column::EndedAt])
            .filter(Column::EndedAt.gt(since))
            .order_by_asc(Column::EndedAt)
            .into_tuple();
        Ok(rows.all(self.db.reader()).await?)
    }
}

impl Model {
    fn session(self) -> Result<Session> {
        Ok(Session {
            id: SessionId::parse(&self.id)?,
            user_id: UserId::parse(&self.user_id)?,
            device: self.device.map(Device::stored),
            created_at: self.created_at,
            last_used_at: self.last_used_at,
            proof: self.authenticated_at.map(|at| Proof { at, methods: Proof::read(&self.amr) }),
        })
    }
}

/// Where a session stands among those of its user.
pub(crate) type Place = (i64, String);

impl Session {
    pub(crate) fn place(&self) -> Place {
        (self.last_used_at.timestamp_micros(), self.id.to_string())
    }
}

impl Store {
    /// A page of the sessions of this user that go on and were used after `since`, the last used first.
    pub(crate) async fn sessions_of(
        &self,
        user: &UserId,
        since: DateTime<Utc>,
        page: &Page<Place>,
    ) -> Result<Vec<Session>> {
        let mut wanted = Entity::find()
            .filter(Column::UserId.eq(user.as_str()))
            .filter(Column::LastUsedAt.gt(since))
            .filter(Column::EndedAt.is_null())
            .order_by_desc(Column::LastUsedAt)
            .order_by_desc(Column::Id)
            .limit(page.limit());
        if let Some((micros, id)) = &page.after {
            let at = DateTimeUtc::from_timestamp_micros(*micros).unwrap_or_default();
            let place = Expr::tuple([Expr::col(Column::LastUsedAt), Expr::col(Column::Id)]);
            wanted = wanted.filter(place.lt(Expr::tuple([Expr::val(at), Expr::val(id.as_str())])));
        }
        wanted.all(self.db.reader()).await?.into_iter().map(Model::session).collect()
    }
}
