//! Linked providers in the database.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use kit::db::Among;
use kit::{Failure, Result, Txn};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{QueryOrder, Set};
use vocab::UserId;

use super::Store;
use crate::identity::{Assertion, Identity};

#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "identity")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    provider: String,
    #[sea_orm(primary_key, auto_increment = false)]
    subject: String,
    user_id: String,
    created_at: DateTimeUtc,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("identity::Model").field("provider", &self.provider).finish_non_exhaustive()
    }
}

impl Store {
    /// Whose account is linked with this account of the provider.
    pub(crate) async fn user_of_identity(txn: &Txn, asserted: &Assertion) -> Result<Option<UserId>> {
        let key = (asserted.provider.clone(), asserted.sub.clone());
        let row = Entity::find_by_id(key).one(&**txn).await?;
        row.map(|row| Ok(UserId::parse(&row.user_id)?)).transpose()
    }

    /// False when the provider's account is linked already, or this user with another of the same provider.
    pub(crate) async fn insert_identity(&self, txn: &Txn, asserted: &Assertion, user: &UserId) -> Result<bool> {
        let row = ActiveModel {
            provider: Set(asserted.provider.clone()),
            subject: Set(asserted.sub.clone()),
            user_id: Set(user.to_string()),
            created_at: Set(self.clock.now()),
        };
        let rows = Entity::insert(row)
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .exec_without_returning(&**txn)
            .await?;
        Ok(rows > 0)
    }

    pub(crate) async fn identities_in(txn: &Txn, user: &UserId) -> Result<Vec<Identity>> {
        let rows = Entity::find().filter(Column::UserId.eq(user.as_str())).all(&**txn).await?;
        rows.into_iter().map(Model::identity).collect()
    }

    /// False when there was none.
    pub(crate) async fn delete_identity(txn: &Txn, user: &UserId, provider: &str) -> Result<bool> {
        let deleted = Entity::delete_many()
            .filter(Column::UserId.eq(user.as_str()))
            .filter(Column::Provider.eq(provider))
            .exec(&**txn)
            .await?;
        Ok(deleted.rows_affected > 0)
    }

    pub(crate) async fn delete_identities(txn: &Txn, user: &UserId) -> Result<()> {
        Entity::delete_many().filter(Column::UserId.eq(user.as_str())).exec(&**txn).await?;
        Ok(())
    }
}

impl Model {
    fn identity(self) -> Result<Identity> {
        let Self { provider, subject: _, user_id, created_at } = self;
        Ok(Identity { provider, user_id: UserId::parse(&user_id)?, created_at })
    }
}

/// Which providers is this user's account linked with? The first linked first.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct IdentitiesOfUser(pub UserId);

impl Loader<IdentitiesOfUser> for Store {
    type Value = Vec<Identity>;
    type Error = Failure;

    async fn load(&self, keys: &[IdentitiesOfUser]) -> Result<HashMap<IdentitiesOfUser, Vec<Identity>>> {
        let users = keys.iter().map(|IdentitiesOfUser(user)| user.as_str());
        let rows = Entity::find()
            .filter(Column::UserId.among(users))
            .order_by_asc(Column::CreatedAt)
            .order_by_asc(Column::Provider)
            .all(self.db.reader())
            .await?;
        let mut found: HashMap<IdentitiesOfUser, Vec<Identity>> = HashMap::new();
        for row in rows {
            let identity = row.identity()?;
            found.entry(IdentitiesOfUser(identity.user_id.clone())).or_default().push(identity);
        }
        Ok(found)
    }
}
