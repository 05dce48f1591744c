//! Address books in the database.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use kit::db::Among;
use kit::{Failure, Result, Txn};
use sea_orm::entity::prelude::*;
use sea_orm::{IntoActiveModel, QueryOrder, Set};
use vocab::{Address, AddressId, UserId};

use super::Store;
use crate::address_book::{AddressChanges, MOST, Saved, SavedAddress};

#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "saved_address")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    id: String,
    user_id: String,
    name: String,
    line1: String,
    line2: Option<String>,
    city: String,
    region: Option<String>,
    postal_code: Option<String>,
    country: String,
    default_shipping: bool,
    default_billing: bool,
    created_at: DateTimeUtc,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("saved_address::Model").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Store {
    /// Keeps an address. The first one is the default for everything.
    pub(crate) async fn add_address(&self, user: &UserId, wanted: SavedAddress) -> Result<Saved> {
        let txn = self.db.begin().await?;
        // Changes of one user's book wait for each other.
        if Self::account_in_hand(&txn, user).await?.is_none() {
            txn.rollback().await?;
            return Ok(Saved::NotFound);
        }
        let kept = Entity::find().filter(Column::UserId.eq(user.as_str())).count(&*txn).await?;
        if kept >= MOST as u64 {
            txn.rollback().await?;
            return Ok(Saved::TooMany);
        }
        let first = kept == 0;
        let saved = SavedAddress {
            default_shipping: wanted.default_shipping || first,
            default_billing: wanted.default_billing || first,
            ..wanted
        };
        only_default(&txn, user, saved.default_shipping, saved.default_billing).await?;
        let row = Model::new(&saved, user, self.clock.now());
        Entity::insert(row.into_active_model()).exec_without_returning(&*txn).await?;
        txn.commit().await?;
        Ok(Saved::Done(saved))
    }

    pub(crate) async fn change_address(&self, user: &UserId, id: &AddressId, changes: AddressChanges) -> Result<Saved> {
        let txn = self.db.begin().await?;
        let owner = Self::account_in_hand(&txn, user).await?;
        let row = Entity::find_by_id(id.as_str()).filter(Column::UserId.eq(user.as_str())).one(&*txn).await?;
        let (Some(_), Some(row)) = (owner, row) else {
            txn.rollback().await?;
            return Ok(Saved::NotFound);
        };
        let created_at = row.created_at;
        let was = row.saved()?;
        let saved = SavedAddress {
            id: was.id,
            address: changes.address.unwrap_or(was.address),
            default_shipping: changes.default_shipping.unwrap_or(was.default_shipping),
            default_billing: changes.default_billing.unwrap_or(was.default_billing),
        };
        only_default(&txn, user, saved.default_shipping, saved.default_billing).await?;
        let row = Model::new(&saved, user, created_at).into_active_model().reset_all();
        Entity::update(row).exec(&*txn).await?;
        txn.commit().await?;
        Ok(Saved::Done(saved))
    }

    /// False when this user keeps no such address.
    pub(crate) async fn remove_address(&self, user: &UserId, id: &AddressId) -> Result<bool> {
        let txn = self.db.begin().await?;
        let removed = Entity::delete_many()
            .filter(Column::Id.eq(id.as_str()))
            .filter(Column::UserId.eq(user.as_str()))
            .exec(&*txn)
            .await?;
        txn.commit().await?;
        Ok(removed.rows_affected == 1)
    }
}

/// Makes room for a new default: there is one of each.
async fn only_default(txn: &Txn, user: &UserId, shipping: bool, billing: bool) -> Result<()> {
    let no_more = [
        (shipping, Column::DefaultShipping, ActiveModel { default_shipping: Set(false), ..Default::default() }),
        (billing, Column::DefaultBilling, ActiveModel { default_billing: Set(false), ..Default::default() }),
    ];
    for (_, column, change) in no_more.into_iter().filter(|(wanted, ..)| *wanted) {
        Entity::update_many()
            .set(change)
            .filter(Column::UserId.eq(user.as_str()))
            .filter(column.eq(true))
            .exec(&**txn)
            .await?;
    }
    Ok(())
}

impl Model {
    fn new(saved: &SavedAddress, user: &UserId, created_at: DateTimeUtc) -> Self {
        let SavedAddress { id, address, default_shipping, default_billing } = saved;
        let Address { name, line1, line2, city, region, postal_code, country } = address.clone();
        Self {
            id: id.to_string(),
            user_id: user.to_string(),
            name,
            line1,
            line2,
            city,
            region,
            postal_code,
            country,
            default_shipping: *default_shipping,
            default_billing: *default_billing,
            created_at,
        }
    }

    fn saved(self) -> Result<SavedAddress> {
        Ok(SavedAddress {
            id: AddressId::parse(&self.id)?,
            address: Address {
                name: self.name,
                line1: self.line1,
                line2: self.line2,
                city: self.city,
                region: self.region,
                postal_code: self.postal_code,
                country: self.country,
            },
            default_shipping: self.default_shipping,
            default_billing: self.default_billing,
        })
    }
}

/// Which addresses does this user keep? The first kept first.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct AddressesOf(pub UserId);

impl Loader<AddressesOf> for Store {
    type Value = Vec<SavedAddress>;
    type Error = Failure;

    async fn load(&self, keys: &[AddressesOf]) -> Result<HashMap<AddressesOf, Vec<SavedAddress>>> {
        let users = keys.iter().map(|AddressesOf(user)| user.as_str());
        let rows = Entity::find()
            .filter(Column::UserId.among(users))
            .order_by_asc(Column::CreatedAt)
            .order_by_asc(Column::Id)
            .all(self.db.reader())
            .await?;
        let mut found: HashMap<AddressesOf, Vec<SavedAddress>> = HashMap::new();
        for row in rows {
            let user = UserId::parse(&row.user_id)?;
            found.entry(AddressesOf(user)).or_default().push(row.saved()?);
        }
        Ok(found)
    }
}
