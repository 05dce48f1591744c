//! Checkouts: the rows that sagas live in.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use kit::db::Among;
use kit::{Failure, Owner, Result, Txn};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Alias, ExprTrait, OnConflict};
use sea_orm::{QueryOrder, QuerySelect, Set};
use vocab::{CartId, CheckoutId, OrderId};

use super::{Store, Visible};
use crate::checkout::Checkout;
use crate::loaded_order::LoadedOrder;

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

fn row(checkout: &Checkout) -> Result<ActiveModel> {
    Ok(ActiveModel {
        id: Set(checkout.id.to_string()),
        order_id: Set(checkout.order_id.to_string()),
        cart_id: Set(checkout.cart_id.to_string()),
        owner: Set(checkout.owner.to_string()),
        payment_method_token: Set(checkout.payment_method_token.clone()),
        saga: Set(serde_json::to_string(&checkout.saga)?),
        version: Set(checkout.version),
        deadline: Set(checkout.saga.deadline()),
        started_at: Set(checkout.started_at),
    })
}

impl Store {
    pub(crate) async fn insert_checkout(txn: &Txn, checkout: &Checkout) -> Result<()> {
        Entity::insert(row(checkout)?).exec_without_returning(&**txn).await?;
        Ok(())
    }

    /// All that is kept of an order, and nobody else's until this transaction ends. Whoever asks: a message has no viewer.
    pub(crate) async fn load_for_update(txn: &Txn, order_id: &OrderId) -> Result<Option<LoadedOrder>> {
        Ok(Self::load_all_for_update(txn, [order_id]).await?.remove(order_id))
    }

    /// The same of many orders, in the order of their ids, so that two who want some of the same do not wait for each
    /// other.
    pub(crate) async fn load_all_for_update<'a>(
        txn: &Txn,
        orders: impl IntoIterator<Item = &'a OrderId>,
    ) -> Result<BTreeMap<OrderId, LoadedOrder>> {
        let ids: BTreeSet<&str> = orders.into_iter().map(OrderId::as_str).collect();
        let orders = Self::orders_for_update(txn, &ids).await?;
        let rows = Entity::find().filter(Column::OrderId.among(ids.iter().copied())).all(&**txn).await?;
        let checkouts = rows.into_iter().map(|row| row.checkout().map(|one| (one.order_id.clone(), one)));
        let mut checkouts = checkouts.collect::<Result<HashMap<_, _>>>()?;
        let mut cancellations = Self::cancellations_in_hand(txn, &ids).await?;
        let loaded_orders = orders.into_iter().filter_map(|order| {
            let (checkout, cancellation) = (checkouts.remove(&order.id)?, cancellations.remove(&order.id));
            Some((order.id.clone(), LoadedOrder::new(order, checkout, cancellation)))
        });
        Ok(loaded_orders.collect())
    }

    /// Keeps decisions that were made on these versions of checkouts. False when somebody else has decided meanwhile.
    pub(crate) async fn save_checkouts<'a>(
        txn: &Txn,
        checkouts: impl ExactSizeIterator<Item = &'a Checkout>,
    ) -> Result<bool> {
        let count = checkouts.len() as u64;
        let mut rows = Vec::with_capacity(checkouts.len());
        for checkout in checkouts {
            let mut decided = row(checkout)?;
            decided.version = Set(checkout.version + 1);
            rows.push(decided);
        }
        let next = Expr::col((Alias::new("excluded"), Column::Version));
        let where_we_read_it = Expr::col((Entity, Column::Version)).add(1).eq(next);
        let decide = OnConflict::column(Column::Id)
            .update_columns([Column::Saga, Column::PaymentMethodToken, Column::Deadline, Column::Version])
            .action_and_where(where_we_read_it)
            .to_owned();
        Ok(Entity::insert_many(rows).on_conflict(decide).exec_without_returning(&**txn).await? == count)
    }

    /// The ids of orders whose checkouts or cancellations wait for an answer that is late, `most` of each, the latest first.
    pub(crate) async fn overdue(&self, most: u64) -> Result<Vec<String>> {
        let rows = Entity::find()
            .select_only()
            .column(Column::OrderId)
            .filter(Column::Deadline.lte(self.clock.now()))
            .order_by_asc(Column::Deadline)
            .limit(most)
            .into_tuple::<String>()
            .all(self.db.reader())
            .await?;
        let of_cancellations = self.overdue_cancellations(most).await?;
        Ok(rows.into_iter().chain(of_cancellations).collect())
    }
}

/// The viewer's checkout with this id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CheckoutById(pub CheckoutId);

impl Loader<CheckoutById> for Visible {
    type Value = Arc<Checkout>;
    type Error = Failure;

    async fn load(&self, keys: &[CheckoutById]) -> Result<HashMap<CheckoutById, Arc<Checkout>>> {
        self.claim_orders().await;
        let rows = Entity::find()
            .filter(Column::Id.among(keys.iter().map(|key| key.0.as_str())))
            .filter(Column::Owner.among(self.owners()))
            .all(self.store.db.reader())
            .await?;
        let checkouts = rows.into_iter().map(Model::checkout);
        checkouts.map(|one| one.map(|one| (CheckoutById(one.id.clone()), Arc::new(one)))).collect()
    }
}
