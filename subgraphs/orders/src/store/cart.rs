//! Carts and their lines.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use kit::{Failure, Owner, Result, Txn};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{Iterable, QuerySelect, Set};
use vocab::{CartId, CheckoutId, CurrencyCode};

use super::{Store, Visible};
use crate::cart::{Cart, CartLine, CartState};
use crate::checkout::Checkout;

mod line;

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
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    fn cart(self, lines: &mut HashMap<String, Vec<line::Model>>) -> Result<Cart> {
        let currency = CurrencyCode::parse(&self.currency)?;
        let lines = lines.remove(&self.id).unwrap_or_default();
        Ok(Cart {
            id: CartId::parse(&self.id)?,
            owner: Owner::stored(self.owner),
            state: read_state(&self.state)?,
            checkout_id: self.checkout_id.as_deref().map(CheckoutId::parse).transpose()?,
            currency,
            version: self.version,
            updated_at: self.updated_at,
            lines: lines.into_iter().map(|row| row.line(currency)).collect::<Result<Vec<CartLine>>>()?,
        })
    }
}

fn written(state: CartState) -> &'static str {
    match state {
        CartState::Open => "OPEN",
        CartState::CheckingOut => "CHECKING_OUT",
        CartState::Closed => "CLOSED",
    }
}

fn read_state(text: &str) -> Result<CartState> {
    [CartState::Open, CartState::CheckingOut, CartState::Closed]
        .into_iter()
        .find(|&state| written(state) == text)
        .ok_or_else(|| Failure::fault(anyhow::anyhow!("`{text}` is no state of a cart")))
}

impl Store {
    /// A cart of one of `owners`, locked until the transaction ends: nobody else changes it meanwhile.
    pub(crate) async fn cart_in_hand(&self, txn: &Txn, owners: &[Owner], id: &CartId) -> Result<Option<Cart>> {
        let found = Entity::find_by_id(id.as_str())
            .filter(Column::Owner.is_in(owners.iter().map(Owner::as_str)))
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
        };
        let replace = OnConflict::column(Column::Id)
            .update_columns(Column::iter().filter(|column| !matches!(column, Column::Id)))
            .to_owned();
        Entity::insert(row).on_conflict(replace).exec_without_returning(&**txn).await?;
        line::save(txn, cart).await
    }

    /// What the end of a checkout means for its cart.
    pub(crate) async fn set_cart_state(txn: &Txn, checkout: &Checkout, state: CartState) -> Result<()> {
        Entity::update_many()
            .col_expr(Column::State, Expr::value(written(state)))
            .filter(Column::Id.eq(checkout.cart_id.as_str()))
            .filter(Column::CheckoutId.eq(checkout.id.as_str()))
            .exec(&**txn)
            .await?;
        Ok(())
    }

    /// Drops carts that nobody has touched for a cart's life. What became an order stays.
    pub(crate) async fn drop_expired_carts(&self) -> Result<()> {
        let txn = self.db.begin().await?;
        Entity::delete_many()
            .filter(Column::ExpiresAt.lt(self.clock.now()))
            .filter(Column::State.eq(written(CartState::Open)))
            .exec(&*txn)
            .await?;
        self.forget_cart_requests(&txn).await?;
        Ok(txn.commit().await?)
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
            .filter(Column::Id.is_in(keys.iter().map(|key| key.0.as_str())))
            .filter(Column::Owner.is_in(self.owners()))
            .all(db)
            .await?;
        let mut lines = line::of_carts(db, rows.iter().map(|row| row.id.as_str())).await?;
        let carts = rows.into_iter().map(|row| row.cart(&mut lines));
        carts.map(|cart| cart.map(|cart| (CartById(cart.id.clone()), Arc::new(cart)))).collect()
    }
}
