//! Checkouts: the rows that sagas live in.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use kit::{Failure, Owner, Result, Txn};
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QuerySelect, Set};
use vocab::{CartId, CheckoutId, OrderId};

use super::{Store, Visible};
use crate::advancing::InHand;
use crate::checkout::Checkout;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "checkout")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub order_id: String,
    pub cart_id: String,
    pub owner: String,
    pub payment_method_token: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub saga: String,
    pub version: i32,
    /// Null when no answer is waited for.
    pub deadline: Option<DateTimeUtc>,
    pub started_at: DateTimeUtc,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// How many overdue checkouts are taken up at once.
const OVERDUE_AT_ONCE: u64 = 200;

impl Model {
    fn checkout(self) -> Result<Checkout> {
        Ok(Checkout {
            id: CheckoutId::parse(&self.id)?,
            order_id: OrderId::parse(&self.order_id)?,
            cart_id: CartId::parse(&self.cart_id)?,
            owner: Owner::stored(self.owner),
            payment_method_token: self.payment_method_token,
            saga: serde_json::from_str(&self.saga)?,
            version: self.version,
            started_at: self.started_at,
        })
    }
}

impl Store {
    pub(crate) async fn insert_checkout(txn: &Txn, checkout: &Checkout) -> Result<()> {
        let row = ActiveModel {
            id: Set(checkout.id.to_string()),
            order_id: Set(checkout.order_id.to_string()),
            cart_id: Set(checkout.cart_id.to_string()),
            owner: Set(checkout.owner.to_string()),
            payment_method_token: Set(checkout.payment_method_token.clone()),
            saga: Set(serde_json::to_string(&checkout.saga)?),
            version: Set(checkout.version),
            deadline: Set(checkout.saga.deadline()),
            started_at: Set(checkout.started_at),
        };
        Entity::insert(row).exec_without_returning(&**txn).await?;
        Ok(())
    }

    /// All that is kept of an order, and nobody else's until this transaction ends. Whoever asks: a message has no viewer.
    pub(crate) async fn in_hand(txn: &Txn, order_id: &OrderId) -> Result<Option<InHand>> {
        let Some(order) = Self::order_in_hand(txn, order_id).await? else { return Ok(None) };
        let row = Entity::find().filter(Column::OrderId.eq(order_id.as_str())).one(&**txn).await?;
        let Some(row) = row else { return Ok(None) };
        let cancellation = Self::cancellation_in_hand(txn, order_id).await?;
        Ok(Some(InHand { order, checkout: row.checkout()?, cancellation }))
    }

    /// Keeps a decision that was made on this version of the checkout. False when somebody else has decided meanwhile.
    pub(crate) async fn keep_checkout(txn: &Txn, checkout: &Checkout) -> Result<bool> {
        let kept = Entity::update_many()
            .set(ActiveModel {
                saga: Set(serde_json::to_string(&checkout.saga)?),
                payment_method_token: Set(checkout.payment_method_token.clone()),
                deadline: Set(checkout.saga.deadline()),
                version: Set(checkout.version + 1),
                ..Default::default()
            })
            .filter(Column::Id.eq(checkout.id.as_str()))
            .filter(Column::Version.eq(checkout.version))
            .exec(&**txn)
            .await?;
        Ok(kept.rows_affected == 1)
    }

    /// The orders whose checkouts or cancellations wait for an answer that is late, the latest first.
    pub(crate) async fn overdue(&self) -> Result<Vec<OrderId>> {
        let rows = Entity::find()
            .select_only()
            .column(Column::OrderId)
            .filter(Column::Deadline.lte(self.clock.now()))
            .order_by_asc(Column::Deadline)
            .limit(OVERDUE_AT_ONCE)
            .into_tuple::<String>()
            .all(self.db.reader())
            .await?;
        let of_cancellations = self.overdue_cancellations(OVERDUE_AT_ONCE).await?;
        rows.iter().chain(&of_cancellations).map(|id| Ok(OrderId::parse(id)?)).collect()
    }
}

/// The viewer's checkout with this id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CheckoutById(pub CheckoutId);

impl Loader<CheckoutById> for Visible {
    type Value = Arc<Checkout>;
    type Error = Failure;

    async fn load(&self, keys: &[CheckoutById]) -> Result<HashMap<CheckoutById, Arc<Checkout>>> {
        let rows = Entity::find()
            .filter(Column::Id.is_in(keys.iter().map(|key| key.0.as_str())))
            .filter(Column::Owner.is_in(self.owners()))
            .all(self.store.db.reader())
            .await?;
        let checkouts = rows.into_iter().map(Model::checkout);
        checkouts.map(|one| one.map(|one| (CheckoutById(one.id.clone()), Arc::new(one)))).collect()
    }
}
