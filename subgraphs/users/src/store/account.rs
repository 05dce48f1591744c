//! Accounts in the database.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use kit::{Failure, Result};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{IntoActiveModel, Set};
use vocab::{Email, UserId};

use super::Store;
use crate::account::{Account, DisplayName};
use crate::password::PasswordHash;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "account")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    id: String,
    email: String,
    password_hash: String,
    display_name: String,
    #[sea_orm(column_type = "Text")]
    permissions: String,
    created_at: DateTimeUtc,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Store {
    /// The account with this address, and what its password must match.
    pub(crate) async fn credentials(&self, email: &Email) -> Result<Option<(Account, PasswordHash)>> {
        let row = Entity::find().filter(Column::Email.eq(email.as_str())).one(self.db.reader()).await?;
        row.map(|row| Ok((row.account()?, PasswordHash::stored(row.password_hash)))).transpose()
    }

    /// False when the address has an account already.
    pub(crate) async fn insert_account(&self, account: &Account, hash: &PasswordHash) -> Result<bool> {
        let txn = self.db.begin().await?;
        let rows = Entity::insert(Model::new(account, hash).into_active_model())
            .on_conflict(OnConflict::column(Column::Email).do_nothing().to_owned())
            .exec_without_returning(&*txn)
            .await?;
        txn.commit().await?;
        Ok(rows > 0)
    }

    pub(crate) async fn update_account(&self, account: &Account, hash: &PasswordHash) -> Result<()> {
        let Model { id, email: _, password_hash, display_name, permissions, created_at: _ } = Model::new(account, hash);
        let changes = ActiveModel {
            password_hash: Set(password_hash),
            display_name: Set(display_name),
            permissions: Set(permissions),
            ..Default::default()
        };
        let txn = self.db.begin().await?;
        Entity::update_many().set(changes).filter(Column::Id.eq(id)).exec(&*txn).await?;
        txn.commit().await?;
        Ok(())
    }
}

impl Model {
    fn new(account: &Account, hash: &PasswordHash) -> Self {
        let Account { id, email, display_name, permissions, created_at } = account;
        Self {
            id: id.to_string(),
            email: email.as_str().to_owned(),
            password_hash: hash.as_str().to_owned(),
            display_name: display_name.as_str().to_owned(),
            permissions: permissions.join(" "),
            created_at: *created_at,
        }
    }

    fn account(&self) -> Result<Account> {
        Ok(Account {
            id: UserId::parse(&self.id)?,
            email: Email::parse(&self.email)?,
            display_name: DisplayName::stored(self.display_name.clone()),
            permissions: self.permissions.split_whitespace().map(str::to_owned).collect(),
            created_at: self.created_at,
        })
    }
}

/// Which account has this id?
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct AccountById(pub UserId);

impl Loader<AccountById> for Store {
    type Value = Arc<Account>;
    type Error = Failure;

    async fn load(&self, keys: &[AccountById]) -> Result<HashMap<AccountById, Arc<Account>>> {
        let ids = keys.iter().map(|AccountById(id)| id.as_str());
        let rows = Entity::find().filter(Column::Id.is_in(ids)).all(self.db.reader()).await?;
        let found = rows.iter().map(|row| {
            let account = row.account()?;
            Ok((AccountById(account.id.clone()), Arc::new(account)))
        });
        found.collect()
    }
}
