//! Accounts in the database.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use kit::db::Among;
use kit::{Failure, Result, Role, Txn};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, OnConflict};
use sea_orm::{IntoActiveModel, QueryOrder, QuerySelect, Set};
use vocab::{Email, UserId};

use super::Store;
use crate::account::{Account, DisplayName};
use crate::password::PasswordHash;
use crate::permission::{Permission, Permissions};

#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "account")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    id: String,
    pub(super) email: String,
    /// Empty where nobody signs in with a password.
    pub(super) password_hash: String,
    pub(super) display_name: String,
    #[sea_orm(column_type = "Text")]
    pub(super) permissions: String,
    created_at: DateTimeUtc,
    pub(super) role: String,
    pub(super) email_verified_at: Option<DateTimeUtc>,
    /// Since when nobody gets in.
    pub(super) disabled_at: Option<DateTimeUtc>,
    /// Whether everybody knows its password.
    pub(super) demo: bool,
    /// When somebody last registered with its address. Null where it is kept whether it is verified or not.
    pub(super) registered_at: Option<DateTimeUtc>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("account::Model").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Store {
    /// The account with this address, and what its password must match if it has one. One that is disabled is none.
    pub(crate) async fn credentials(&self, email: &Email) -> Result<Option<(Account, Option<PasswordHash>)>> {
        let found = Entity::find().filter(Column::Email.eq(email.as_str())).filter(Column::DisabledAt.is_null());
        let row = found.one(self.db.reader()).await?;
        row.map(|row| Ok((row.account()?, row.password()))).transpose()
    }

    /// The account with this id.
    pub(crate) async fn account(&self, id: &UserId) -> Result<Option<Account>> {
        let row = Entity::find_by_id(id.as_str()).one(self.db.reader()).await?;
        row.map(|row| row.account()).transpose()
    }

    /// What this user's password must match; none where there is no password, or no user.
    pub(crate) async fn password_of(&self, user: &UserId) -> Result<Option<PasswordHash>> {
        let row = Entity::find_by_id(user.as_str()).one(self.db.reader()).await?;
        Ok(row.and_then(|row| row.password()))
    }

    /// Who owns the shop. Whoever wants to know it too waits for the end of this transaction: of two who would take it
    /// from each other one comes second.
    pub(crate) async fn owners_in_hand(txn: &Txn) -> Result<Vec<UserId>> {
        let owners = Entity::find().filter(Column::Permissions.contains(Permission::Owner.name()));
        let rows = owners.order_by_asc(Column::Id).lock_exclusive().all(&**txn).await?;
        rows.iter().map(|row| Ok(UserId::parse(&row.id)?)).collect()
    }

    /// The account with this id. Who wants it too waits for the end of this transaction.
    pub(crate) async fn account_in_hand(txn: &Txn, id: &UserId) -> Result<Option<(Account, Option<PasswordHash>)>> {
        let row = Entity::find_by_id(id.as_str()).lock_exclusive().one(&**txn).await?;
        row.map(|row| Ok((row.account()?, row.password()))).transpose()
    }

    /// The account with this address. Who wants it too waits for the end of this transaction.
    pub(crate) async fn account_of_email(txn: &Txn, email: &Email) -> Result<Option<Account>> {
        let row = Entity::find().filter(Column::Email.eq(email.as_str())).lock_exclusive().one(&**txn).await?;
        row.map(|row| row.account()).transpose()
    }

    /// The account with this id, as this transaction sees it.
    pub(crate) async fn account_in(txn: &Txn, id: &UserId) -> Result<Option<Account>> {
        let row = Entity::find_by_id(id.as_str()).one(&**txn).await?;
        row.map(|row| row.account()).transpose()
    }

    /// Whether the user's password is still this one. It stays so until the transaction ends.
    pub(crate) async fn still_has(&self, txn: &Txn, user: &UserId, hash: &PasswordHash) -> Result<bool> {
        let found = Self::account_in_hand(txn, user).await?;
        Ok(found.and_then(|(_, hash)| hash).is_some_and(|now| now.as_str() == hash.as_str()))
    }

    /// False when the address has an account already.
    pub(crate) async fn insert_account(txn: &Txn, account: &Account, hash: Option<&PasswordHash>) -> Result<bool> {
        let rows = Entity::insert(Model::new(account, hash).into_active_model())
            .on_conflict(OnConflict::column(Column::Email).do_nothing().to_owned())
            .exec_without_returning(&**txn)
            .await?;
        Ok(rows > 0)
    }

    /// Makes an account, or lets one that nobody has verified be what `account` is. The account with this address, in
    /// every case and after the same work.
    pub(crate) async fn register_account(txn: &Txn, account: &Account, hash: &PasswordHash) -> Result<Account> {
        let unverified = Expr::col((Entity, Column::EmailVerifiedAt)).is_null();
        let excluded = Expr::col((Alias::new("excluded"), Column::RegisteredAt));
        // One that is kept in any case stays so, whoever registers with its address.
        let may_go = Expr::col((Entity, Column::RegisteredAt)).is_not_null();
        let registered_anew = Expr::case(may_go, excluded);
        let replace = OnConflict::column(Column::Email)
            .update_columns([Column::PasswordHash, Column::DisplayName])
            .value(Column::RegisteredAt, registered_anew)
            .action_and_where(unverified)
            .to_owned();
        let row = Model::new(account, Some(hash)).into_active_model();
        Entity::insert(row).on_conflict(replace).exec_without_returning(&**txn).await?;
        let found = Self::account_of_email(txn, &account.email).await?;
        found.ok_or_else(|| Failure::fault(anyhow::anyhow!("an account vanished while it was registered")))
    }

    /// Changes what others see of a user, and tells what the account is now. None when there is no such user.
    pub(crate) async fn change_profile(&self, user: &UserId, name: Option<DisplayName>) -> Result<Option<Account>> {
        let txn = self.db.begin().await?;
        let Some((account, _)) = Self::account_in_hand(&txn, user).await? else {
            txn.rollback().await?;
            return Ok(None);
        };
        let display_name = name.unwrap_or(account.display_name);
        let changes = ActiveModel { display_name: Set(display_name.as_str().to_owned()), ..Default::default() };
        Entity::update_many().set(changes).filter(Column::Id.eq(user.as_str())).exec(&*txn).await?;
        txn.commit().await?;
        Ok(Some(Account { display_name, ..account }))
    }

    /// Moves an account to an address that nobody has, which is verified with that.
    pub(crate) async fn change_email(txn: &Txn, user: &UserId, to: &Email, now: DateTimeUtc) -> Result<()> {
        let changes =
            ActiveModel { email: Set(to.as_str().to_owned()), email_verified_at: Set(Some(now)), ..Default::default() };
        Entity::update_many().set(changes).filter(Column::Id.eq(user.as_str())).exec(&**txn).await?;
        Ok(())
    }

    /// Writes everything but the address.
    pub(crate) async fn update_account(txn: &Txn, account: &Account, hash: Option<&PasswordHash>) -> Result<()> {
        let Model { id, password_hash, display_name, permissions, role, email_verified_at, .. } =
            Model::new(account, hash);
        let changes = ActiveModel {
            password_hash: Set(password_hash),
            display_name: Set(display_name),
            permissions: Set(permissions),
            role: Set(role),
            email_verified_at: Set(email_verified_at),
            ..Default::default()
        };
        Entity::update_many().set(changes).filter(Column::Id.eq(id)).exec(&**txn).await?;
        Ok(())
    }

    /// Puts a password in the place of another, or of none. False when the other is not there any more.
    pub(crate) async fn change_password(
        txn: &Txn,
        user: &UserId,
        from: Option<&PasswordHash>,
        to: &PasswordHash,
    ) -> Result<bool> {
        let changed = Entity::update_many()
            .set(ActiveModel { password_hash: Set(to.as_str().to_owned()), ..Default::default() })
            .filter(Column::Id.eq(user.as_str()))
            .filter(Column::PasswordHash.eq(from.map_or("", PasswordHash::as_str)))
            .exec(&**txn)
            .await?;
        Ok(changed.rows_affected == 1)
    }
}

impl Model {
    fn new(account: &Account, hash: Option<&PasswordHash>) -> Self {
        let Account { id, email, email_verified_at, display_name, role, permissions, created_at } = account;
        Self {
            id: id.to_string(),
            email: email.as_str().to_owned(),
            password_hash: hash.map(|hash| hash.as_str().to_owned()).unwrap_or_default(),
            display_name: display_name.as_str().to_owned(),
            permissions: permissions.names().join(" "),
            created_at: *created_at,
            role: role_name(*role).to_owned(),
            email_verified_at: *email_verified_at,
            disabled_at: None,
            demo: false,
            registered_at: Some(account.created_at),
        }
    }

    fn password(&self) -> Option<PasswordHash> {
        (!self.password_hash.is_empty()).then(|| PasswordHash::stored(self.password_hash.clone()))
    }

    fn account(&self) -> Result<Account> {
        Ok(Account {
            id: UserId::parse(&self.id)?,
            email: Email::stored(self.email.clone()),
            email_verified_at: self.email_verified_at,
            display_name: DisplayName::stored(self.display_name.clone()),
            role: role(&self.role)?,
            permissions: Permissions::stored(&self.permissions),
            created_at: self.created_at,
        })
    }
}

fn role_name(role: Role) -> &'static str {
    match role {
        Role::User => "user",
        Role::Staff => "staff",
        Role::Partner => "partner",
        Role::Service => "service",
    }
}

fn role(name: &str) -> Result<Role> {
    let all = [Role::User, Role::Staff, Role::Partner, Role::Service];
    let found = all.into_iter().find(|role| role_name(*role) == name);
    found.ok_or_else(|| Failure::fault(anyhow::anyhow!("an account has the role `{name}`, which is none")))
}

/// Which account has this id?
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct AccountById(pub UserId);

impl Loader<AccountById> for Store {
    type Value = Arc<Account>;
    type Error = Failure;

    async fn load(&self, keys: &[AccountById]) -> Result<HashMap<AccountById, Arc<Account>>> {
        let ids = keys.iter().map(|AccountById(id)| id.as_str());
        let rows = Entity::find().filter(Column::Id.among(ids)).all(self.db.reader()).await?;
        let found = rows.iter().map(|row| {
            let account = row.account()?;
            Ok((AccountById(account.id.clone()), Arc::new(account)))
        });
        found.collect()
    }
}
