//! Accounts that nobody gets into.

use kit::db::Among;
use kit::{Result, Txn};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Expr;
use sea_orm::{Condition, QuerySelect, Set};
use vocab::{Email, SessionId, UserId};

use super::Store;
use super::account::{ActiveModel, Column, Entity};
use crate::operator::operator;

impl Store {
    /// Whether nobody gets into the account with this id.
    pub(crate) async fn is_disabled(txn: &Txn, user: &UserId) -> Result<bool> {
        let found = Entity::find_by_id(user.as_str()).filter(Column::DisabledAt.is_not_null());
        Ok(found.count(&**txn).await? > 0)
    }

    /// Lets people in again. The account has no password and no permission yet.
    pub(crate) async fn enable_account(&self, email: &Email) -> Result<()> {
        let txn = self.begin().await?;
        let enabled = Entity::update_many()
            .col_expr(Column::DisabledAt, Expr::value(Option::<DateTimeUtc>::None))
            .filter(Column::Email.eq(email.as_str()))
            .filter(Column::DisabledAt.is_not_null())
            .exec(&*txn)
            .await?;
        if enabled.rows_affected == 0 {
            return Ok(txn.rollback().await?);
        }
        Ok(txn.commit().await?)
    }

    /// Remembers of an account that everybody knows its password, whatever address it is moved to.
    pub(crate) async fn mark_demo(&self, user: &UserId) -> Result<()> {
        let txn = self.begin().await?;
        let marked = Entity::update_many()
            .set(ActiveModel { demo: Set(true), ..Default::default() })
            .filter(Column::Id.eq(user.as_str()))
            .filter(Column::Demo.eq(false))
            .exec(&*txn)
            .await?;
        if marked.rows_affected == 0 {
            return Ok(txn.rollback().await?);
        }
        Ok(txn.commit().await?)
    }

    /// Disables every account of a demo, and what stands under one of these addresses: takes away all that led into it,
    /// and all that it may do. The accounts, and their sessions that ended with that.
    pub(crate) async fn disable_demos(&self, emails: &[&str]) -> Result<(Vec<String>, Vec<SessionId>)> {
        let now = self.clock.now();
        let demos = Condition::any().add(Column::Demo.eq(true)).add(Column::Email.among(emails.iter().copied()));
        let demos = Entity::find().select_only().column(Column::Id).filter(demos).filter(Column::DisabledAt.is_null());
        let demos: Vec<String> = demos.into_tuple().all(self.db.reader()).await?;
        let mut ended = Vec::new();
        if demos.is_empty() {
            return Ok((demos, ended));
        }
        let txn = self.begin().await?;
        for id in &demos {
            let user = UserId::parse(id)?;
            let shut = ActiveModel {
                disabled_at: Set(Some(now)),
                password_hash: Set(String::new()),
                permissions: Set(String::new()),
                role: Set("user".to_owned()),
                ..Default::default()
            };
            Entity::update_many().set(shut).filter(Column::Id.eq(id)).exec(&*txn).await?;
            Self::revoke_tokens(&txn, &user).await?;
            Self::delete_identities(&txn, &user).await?;
            ended.extend(self.end_sessions(&txn, &user, None).await?);
            txn.record(&operator("user.disable", id, now)).await?;
        }
        txn.commit().await?;
        Ok((demos, ended))
    }
}
