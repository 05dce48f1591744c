//! The secrets in links, in the database: their hashes.

use chrono::{DateTime, Utc};
use kit::{Result, Txn};
use sea_orm::entity::prelude::*;
use sea_orm::{IntoActiveModel, QuerySelect};
use vocab::{Email, UserId};

use super::Store;
use crate::one_use::{OneUseToken, Purpose};

#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "one_use_token")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    hash: String,
    purpose: String,
    user_id: String,
    email: String,
    #[sea_orm(column_type = "Text", nullable)]
    detail: Option<String>,
    created_at: DateTimeUtc,
    expires_at: DateTimeUtc,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("one_use_token::Model").field("purpose", &self.purpose).finish_non_exhaustive()
    }
}

/// What a link is good for. Never printed.
pub(crate) struct Grant {
    pub user_id: UserId,
    /// The address that the link went to.
    pub email: Email,
    /// What more there is to know.
    pub detail: Option<String>,
}

/// Stands for nobody, in a row that exists so that nobody can tell.
const NOBODY: &str = "";

impl Store {
    /// Lets `token` stand for `grant`; for nothing without one, after the same work.
    pub(crate) async fn insert_token(
        &self,
        txn: &Txn,
        token: &OneUseToken,
        purpose: Purpose,
        grant: Option<&Grant>,
    ) -> Result<DateTime<Utc>> {
        let now = self.clock.now();
        let expires_at = now + purpose.lifetime();
        let row = Model {
            hash: token.hash(),
            purpose: purpose.name().to_owned(),
            user_id: grant.map_or(NOBODY, |grant| grant.user_id.as_str()).to_owned(),
            email: grant.map_or(NOBODY, |grant| grant.email.as_str()).to_owned(),
            detail: grant.and_then(|grant| grant.detail.clone()),
            created_at: now,
            expires_at,
        };
        Entity::insert(row.into_active_model()).exec_without_returning(&**txn).await?;
        Ok(expires_at)
    }

    /// What a token is good for that would be taken now.
    pub(crate) async fn grant_of(&self, token: &OneUseToken, purpose: Purpose) -> Result<Option<Grant>> {
        let found = self.held(token, purpose).one(self.db.reader()).await?;
        found.filter(|row| row.user_id != NOBODY).map(Model::grant).transpose()
    }

    /// Uses a token up. None where it was used before, has expired, or is none of ours.
    pub(crate) async fn take_token(&self, txn: &Txn, token: &OneUseToken, purpose: Purpose) -> Result<Option<Grant>> {
        let found = self.held(token, purpose).lock_exclusive().one(&**txn).await?;
        let Some(row) = found.filter(|row| row.user_id != NOBODY) else { return Ok(None) };
        let used = Entity::delete_many().filter(Column::Hash.eq(&row.hash)).exec(&**txn).await?;
        if used.rows_affected != 1 {
            return Ok(None);
        }
        row.grant().map(Some)
    }

    fn held(&self, token: &OneUseToken, purpose: Purpose) -> Select<Entity> {
        Entity::find()
            .filter(Column::Hash.eq(token.hash()))
            .filter(Column::Purpose.eq(purpose.name()))
            .filter(Column::ExpiresAt.gt(self.clock.now()))
    }

    /// No link that this user was sent before holds any more.
    pub(crate) async fn revoke_tokens(txn: &Txn, user: &UserId) -> Result<()> {
        Entity::delete_many().filter(Column::UserId.eq(user.as_str())).exec(&**txn).await?;
        Ok(())
    }
}

impl Model {
    fn grant(self) -> Result<Grant> {
        let Self { user_id, email, detail, .. } = self;
        Ok(Grant { user_id: UserId::parse(&user_id)?, email: Email::stored(email), detail })
    }
}
