//! Carts and their lines.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use kit::db::Among;
use kit::{Failure, Owner, Result, Txn};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{Iterable, QueryOrder, QuerySelect, Select, Set};
use vocab::{CartId, CheckoutId, CurrencyCode};

use super::{Store, Visible};
use crate::cart::{Cart, CartLine, CartState};
use crate::delivery::Delivery;
use crate::loaded_order::LoadedOrder;

pub(super) mod line;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "cart")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub owner: String,
    pub state: String,
    pub checkout_id: Option<String>,
    pub currency: String,
    pub version: i32,
    pub updated_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
    pub delivery_country: Option<String>,
    pub delivery_method: Option<String>,
    pub merged_into: Option<String>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    fn cart(self, lines: &mut HashMap<String, Vec<line::Model>>) -> Result<Cart> {
        let currency = CurrencyCode::stored(&self.currency)?;
        let lines = lines.remove(&self.id).unwrap_or_default();
        Ok(Cart {
            id: CartId::parse(&self.id)?,
            owner: Owner::stored(self.owner),
            state: read_state(&self.state)?,
            checkout_id: self.checkout_id.as_deref().map(CheckoutId::parse).transpose()?,
            currency,
            version: self.version,
            updated_at: self.updated_at,
            delivery: self
                .delivery_country
                .zip(self.delivery_method)
                .map(|(country, method)| Delivery { country, method }),
            merged_into: self.merged_into.as_deref().map(CartId::parse).transpose()?,
            lines: lines.into_iter().map(|row| row.line(currency)).collect::<Result<Vec<CartLine>>>()?,
        })
    }
}

/// How a closed cart's state is written.
pub(super) const CLOSED: &str = "CLOSED";

fn written(state: CartState) -> &'static str {
    match state {
        CartState::Open => "OPEN",
        CartState::CheckingOut => "CHECKING_OUT",
        CartState::Closed => CLOSED,
        CartState::Merged => "MERGED",
    }
}

fn read_state(text: &str) -> Result<CartState> {
    [CartState::Open, CartState::CheckingOut, CartState::Closed, CartState::Merged]
        .into_iter()
        .find(|&state| written(state) == text)
        .ok_or_else(|| Failure::fault(anyhow::anyhow!("`{text}` is no state of a cart")))
}

impl Store {
    /// A cart of one of `owners`, locked until the transaction ends: nobody else changes it meanwhile.
    pub(crate) async fn cart_for_update(&self, txn: &Txn, owners: &[Owner], id: &CartId) -> Result<Option<Cart>> {
        let found = Entity::find_by_id(id.as_str())
            .filter(Column::Owner.among(owners.iter().map(Owner::as_str)))
            .lock_exclusive()
            .one(&**txn)
            .await?;
        let Some(row) = found else { return Ok(None) };
        let mut lines = line::of_carts(&**txn, [row.id.as_str()]).await?;
        row.cart(&mut lines).map(Some)
    }

    /// Writes a cart that is new or in hand.
    pub(crate) async fn save_cart(&self, txn: &Txn, cart: &Cart) -> Result<()> {
        let row = ActiveModel {
            id: Set(cart.id.to_string()),
            owner: Set(cart.owner.to_string()),
            state: Set(written(cart.state).to_owned()),
            checkout_id: Set(cart.checkout_id.as_ref().map(CheckoutId::to_string)),
            currency: Set(cart.currency.to_string()),
            version: Set(cart.version),
            updated_at: Set(cart.updated_at),
            expires_at: Set(self.clock.now() + self.settings.cart_life()),
            delivery_country: Set(cart.delivery.as_ref().map(|delivery| delivery.country.clone())),
            delivery_method: Set(cart.delivery.as_ref().map(|delivery| delivery.method.clone())),
            merged_into: Set(cart.merged_into.as_ref().map(CartId::to_string)),
        };
        let replace = OnConflict::column(Column::Id)
            .update_columns(Column::iter().filter(|column| !matches!(column, Column::Id)))
            .to_owned();
        Entity::insert(row).on_conflict(replace).exec_without_returning(&**txn).await?;
        line::save(txn, cart).await
    }

    /// What the end of checkouts means for their carts.
    pub(crate) async fn set_cart_states(txn: &Txn, loaded_orders: &[&LoadedOrder]) -> Result<()> {
        for state in [CartState::Open, CartState::Closed] {
            let ended = || {
                loaded_orders.iter().filter(|loaded| loaded.pending.cart == Some(state)).map(|loaded| &loaded.checkout)
            };
            if ended().next().is_none() {
                continue;
            }
            Entity::update_many()
                .col_expr(Column::State, Expr::value(written(state)))
                .filter(Column::Id.among(ended().map(|checkout| checkout.cart_id.as_str())))
                .filter(Column::CheckoutId.among(ended().map(|checkout| checkout.id.as_str())))
                .exec(&**txn)
                .await?;
        }
        Ok(())
    }

    /// The cart that `owners` fill, locked until the transaction ends; None when there is none.
    pub(crate) async fn current_cart_for_update(&self, txn: &Txn, owners: &[Owner]) -> Result<Option<Cart>> {
        let found = current(owners.iter().map(Owner::as_str)).lock_exclusive().one(&**txn).await?;
        let Some(row) = found else { return Ok(None) };
        let mut lines = line::of_carts(&**txn, [row.id.as_str()]).await?;
        row.cart(&mut lines).map(Some)
    }
}

/// Open carts of these owners, the last touched first.
fn current<'a>(owners: impl IntoIterator<Item = &'a str>) -> Select<Entity> {
    Entity::find()
        .filter(Column::Owner.among(owners))
        .filter(Column::State.eq(written(CartState::Open)))
        .order_by_desc(Column::UpdatedAt)
        .order_by_desc(Column::Id)
}

impl Visible {
    /// The cart that the viewer fills.
    pub(crate) async fn current_cart(&self) -> Result<Option<Arc<Cart>>> {
        let db = self.store.db.reader();
        let Some(row) = current(self.owners()).one(db).await? else { return Ok(None) };
        let mut lines = line::of_carts(db, [row.id.as_str()]).await?;
        row.cart(&mut lines).map(|cart| Some(Arc::new(cart)))
    }
}

/// The viewer's cart with this id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CartById(pub CartId);

impl Loader<CartById> for Visible {
    type Value = Arc<Cart>;
    type Error = Failure;

    async fn load(&self, keys: &[CartById]) -> Result<HashMap<CartById, Arc<Cart>>> {
        let db = self.store.db.reader();
        let rows = Entity::find()
            .filter(Column::Id.among(keys.iter().map(|key| key.0.as_str())))
            .filter(Column::Owner.among(self.owners()))
            .all(db)
            .await?;
        let mut lines = line::of_carts(db, rows.iter().map(|row| row.id.as_str())).await?;
        let carts = rows.into_iter().map(|row| row.cart(&mut lines));
        carts.map(|cart| cart.map(|cart| (CartById(cart.id.clone()), Arc::new(cart)))).collect()
    }
}
