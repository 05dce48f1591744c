//! Whose an order is, and how it becomes somebody else's.

use std::collections::{BTreeSet, HashMap};

use contracts::stream;
use kit::db::Among;
use kit::messaging::Message;
use kit::{Owner, Result, Signed, Txn};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, sea_query::SimpleExpr};
use sea_orm::{ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select, Statement};
use vocab::OrderId;

use super::{Column, Entity, written};
use crate::loaded_order::LoadedOrder;
use crate::messages;
use crate::order::{Lifecycle, Order};
use crate::store::{Store, cart, checkout};

/// The condition as the index `orders_guest_email` has it.
pub(crate) const OF_A_GUEST: &str = "substr(owner, 1, 6) = 'guest:'";

/// How many orders change hands in one transaction.
const AT_ONCE: u64 = 100;

/// An order whose checkout is settled. Before that, others may still be told of its first owner.
fn settled() -> SimpleExpr {
    Column::Lifecycle.ne(written(Lifecycle::Placed))
}

/// Orders that were made as a guest with the address that has this hash.
pub(in crate::store) fn guest_s(email_hash: &str) -> Select<Entity> {
    Entity::find().filter(Column::EmailHash.eq(email_hash)).filter(Expr::cust(OF_A_GUEST))
}

impl Store {
    /// Makes those orders a user's own that were made as a guest with the address that the user has shown to be theirs.
    /// Tells how many. Again, or twice at once, it changes nothing more.
    pub(crate) async fn claim_orders(&self, signed: &Signed) -> Result<usize> {
        let Some(email_hash) = &signed.email_hash else { return Ok(0) };
        self.claim_orders_of(&Owner::user(&signed.user_id), email_hash).await
    }

    pub(crate) async fn claim_orders_of(&self, owner: &Owner, email_hash: &str) -> Result<usize> {
        let guests = guest_s(email_hash).filter(settled());
        let mut claimed = 0;
        loop {
            let waiting = guests.clone().select_only().column(Column::Id).limit(1);
            if waiting.into_tuple::<String>().one(self.db.reader()).await?.is_none() {
                return Ok(claimed);
            }
            let txn = self.db.begin().await?;
            // Locked one after the other in the order of their ids. Who waited for somebody else's claim finds no
            // guest's order any more.
            let ids: Vec<String> = guests
                .clone()
                .order_by_asc(Column::Id)
                .limit(AT_ONCE)
                .lock_exclusive()
                .all(&*txn)
                .await?
                .into_iter()
                .map(|row| row.id)
                .collect();
            let moved = Self::export(&txn, ids.iter().map(String::as_str).collect(), owner).await?;
            txn.commit().await?;
            claimed += moved;
            if moved == 0 {
                return Ok(claimed);
            }
        }
    }

    /// Makes these orders, which are locked, and what became of them, `owner`'s; and tells everybody who keeps something
    /// of them.
    pub(crate) async fn export(txn: &Txn, ids: BTreeSet<&str>, owner: &Owner) -> Result<usize> {
        if ids.is_empty() {
            return Ok(0);
        }
        let before: HashMap<OrderId, Owner> =
            Self::orders_for_update(txn, &ids).await?.into_iter().map(|order| (order.id, order.owner)).collect();
        Entity::update_many()
            .col_expr(Column::Owner, Expr::value(owner.as_str()))
            .col_expr(Column::OwnerVersion, Expr::col(Column::OwnerVersion).add(1))
            .filter(Column::Id.among(ids.iter().copied()))
            .exec(&**txn)
            .await?;
        checkout::Entity::update_many()
            .col_expr(checkout::Column::Owner, Expr::value(owner.as_str()))
            .filter(checkout::Column::OrderId.among(ids.iter().copied()))
            .exec(&**txn)
            .await?;
        let orders = before.keys().collect::<Vec<_>>();
        let loaded_orders: Vec<LoadedOrder> = Self::load_all_for_update(txn, orders).await?.into_values().collect();
        Self::hand_over_carts(txn, &loaded_orders, owner).await?;
        for loaded in &loaded_orders {
            if let Some(guest) = before.get(&loaded.order.id) {
                Self::hand_over_request(txn, guest, loaded.checkout.id.as_str(), owner).await?;
            }
        }
        let told = loaded_orders
            .iter()
            .map(|loaded| messages::claimed(&loaded.order, loaded.stands()))
            .collect::<Result<Vec<_>, _>>()?;
        let told: Vec<(&str, &Message)> = told.iter().map(|message| (stream::ORDER_EVENTS, message)).collect();
        txn.send_all(&told).await?;
        Ok(loaded_orders.len())
    }

    /// The cart that became an order goes with it. One that is still to be filled does not.
    async fn hand_over_carts(txn: &Txn, loaded_orders: &[LoadedOrder], owner: &Owner) -> Result<()> {
        cart::Entity::update_many()
            .col_expr(cart::Column::Owner, Expr::value(owner.as_str()))
            .filter(cart::Column::Id.among(loaded_orders.iter().map(|loaded| loaded.checkout.cart_id.as_str())))
            .filter(cart::Column::State.eq(cart::CLOSED))
            .exec(&**txn)
            .await?;
        Ok(())
    }

    /// The request that began a checkout, unless its new owner has used the key for another.
    async fn hand_over_request(txn: &Txn, guest: &Owner, checkout: &str, owner: &Owner) -> Result<()> {
        let sql = "UPDATE idempotent_request SET owner = $1 WHERE owner = $2 AND answer = $3 AND NOT EXISTS \
                   (SELECT 1 FROM idempotent_request AS own WHERE own.owner = $1 AND own.key = idempotent_request.key)";
        let values = [owner.as_str().into(), guest.as_str().into(), checkout.into()];
        txn.execute_raw(Statement::from_sql_and_values(txn.get_database_backend(), sql, values)).await?;
        Ok(())
    }
}

impl LoadedOrder {
    /// Whether the order was announced as confirmed and is not cancelled since.
    fn stands(&self) -> bool {
        let Order { lifecycle, .. } = self.order;
        matches!(lifecycle, Lifecycle::Confirmed | Lifecycle::Completed) && self.checkout.saga.units_have_left()
    }
}
