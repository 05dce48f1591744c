//! What orders keeps on a person, to be handed over or forgotten.
//!
//! An order stays, with its lines, its sums and its log: they are the books. What goes is who it was for. The log holds
//! nobody's name or address, by its own rule.

use std::collections::BTreeMap;

use async_trait::async_trait;
use kit::db::Among;
use kit::identity::privacy::{Erase, ErasureOutcome, PersonalDataStore};
use kit::{Owner, Result, Txn};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::{Value, json};
use vocab::Address;

use super::{Store, cancellation, cart, checkout, idempotency, order, order_event};
use crate::order::{Lifecycle, Order};

/// Stands where an address for mails stood. Nobody has one under `.invalid`.
const NO_EMAIL: &str = "erased@erased.invalid";
const NOBODY: &str = "Erased";
const AT_ONCE: usize = 500;

#[async_trait]
impl PersonalDataStore for Store {
    const NAME: &'static str = "orders";

    /// What was bought as a guest with the address of the account.
    async fn gather(&self, person: &Owner, email_hash: &str) -> Result<()> {
        self.claim_orders_of(person, email_hash).await?;
        Ok(())
    }

    async fn export(&self, person: &Owner) -> Result<Value> {
        let db = self.db.reader();
        let rows = order::Entity::find()
            .filter(order::Column::Owner.eq(person.as_str()))
            .order_by_asc(order::Column::Id)
            .all(db)
            .await?;
        let orders = order::with_lines(db, rows).await?;
        let mut told = Vec::with_capacity(orders.len());
        for some in orders.chunks(AT_ONCE) {
            told.extend(self.histories(some).await?);
        }
        let carts = cart::Entity::find().filter(cart::Column::Owner.eq(person.as_str())).all(db).await?;
        let mut lines = cart::line::of_carts(db, carts.iter().map(|cart| cart.id.as_str())).await?;
        let carts = carts.into_iter().map(|cart| {
            let lines = lines.remove(&cart.id).unwrap_or_default().into_iter().map(|line| {
                json!({ "title": line.title, "sku": line.sku, "quantity": line.quantity, "unitMinor": line.unit_minor })
            });
            json!({ "id": cart.id, "currency": cart.currency, "updatedAt": cart.updated_at, "lines": lines.collect::<Value>() })
        });
        Ok(json!({ "orders": told, "carts": carts.collect::<Value>() }))
    }

    async fn forget(&self, txn: &Txn, person: &Owner, erase: &Erase) -> Result<ErasureOutcome> {
        let orders = order::Entity::find()
            .filter(order::Column::Owner.eq(person.as_str()))
            .order_by_asc(order::Column::Id)
            .lock_exclusive()
            .all(&**txn)
            .await?;
        let done = [Lifecycle::Completed, Lifecycle::Cancelled].map(order::written);
        let on_their_way = orders.iter().filter(|order| !done.contains(&order.lifecycle.as_str())).count() as u64;
        // A guest's order whose checkout runs is gathered later.
        let not_gathered = match &erase.email_hash {
            Some(email_hash) => order::guest_s(email_hash).count(&**txn).await?,
            None => 0,
        };
        if on_their_way + not_gathered > 0 {
            return Ok(ErasureOutcome::NotYet { reason: "orders_on_their_way", count: on_their_way + not_gathered });
        }
        let ids: Vec<&str> = orders.iter().map(|order| order.id.as_str()).collect();
        // An address left unhandled on its way to shipping is no use to a parcel that has arrived.
        let unsent =
            txn.take_back("shipment.create.v1", &ids).await? + txn.take_back("payment.authorize.v1", &ids).await?;
        Ok(ErasureOutcome::Done(BTreeMap::from([
            ("orders", anonymise(txn, &orders).await?),
            ("cancellations", forget_reasons(txn, &ids).await?),
            ("checkouts", forget_payment_methods(txn, person).await?),
            ("carts", delete_carts(txn, person).await?),
            ("requests", delete_requests(txn, person).await?),
            ("messages", unsent),
        ])))
    }
}

impl Store {
    /// Orders with what happened to each.
    async fn histories(&self, orders: &[Order]) -> Result<Vec<Value>> {
        let db = self.db.reader();
        let ids = || orders.iter().map(|order| order.id.as_str());
        let log = order_event::Entity::find()
            .filter(order_event::Column::OrderId.among(ids()))
            .order_by_asc(order_event::Column::Seq)
            .all(db)
            .await?;
        let cancelled = cancellation::Entity::find().filter(cancellation::Column::OrderId.among(ids())).all(db).await?;
        let told = orders.iter().map(|order| {
            let events = log.iter().filter(|event| event.order_id == order.id.as_str());
            let events = events.map(|event| json!({ "at": event.at, "kind": event.kind }));
            let reason = cancelled.iter().find(|one| one.order_id == order.id.as_str()).map(|one| &one.reason);
            json!({
                "id": order.id,
                "number": order.number,
                "email": order.email,
                "state": order::written(order.lifecycle),
                "placedAt": order.placed_at,
                "address": order.address,
                "deliveryMethod": order.delivery_method,
                "total": order.cost.total,
                "lines": order.lines,
                "history": events.collect::<Value>(),
                "reasonForCancelling": reason,
            })
        });
        Ok(told.collect())
    }
}

/// Forgets who orders were for. The country stays: taxes are owed by it.
async fn anonymise(txn: &Txn, orders: &[order::Model]) -> Result<u64> {
    let mut by_country: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for order in orders.iter().filter(|order| order.email != NO_EMAIL) {
        let address: Address = serde_json::from_str(&order.address)?;
        by_country.entry(address.country).or_default().push(&order.id);
    }
    let mut anonymised = 0;
    for (country, ids) in by_country {
        let nowhere = Address {
            name: NOBODY.to_owned(),
            line1: NOBODY.to_owned(),
            line2: None,
            city: NOBODY.to_owned(),
            region: None,
            postal_code: None,
            country,
        };
        let nowhere = serde_json::to_string(&nowhere)?;
        for some in ids.chunks(AT_ONCE) {
            let changed = order::Entity::update_many()
                .col_expr(order::Column::Email, Expr::value(NO_EMAIL))
                .col_expr(order::Column::Address, Expr::value(nowhere.as_str()))
                .col_expr(order::Column::EmailHash, Expr::value(Option::<String>::None))
                .filter(order::Column::Id.among(some.iter().copied()))
                .exec(&**txn)
                .await?;
            anonymised += changed.rows_affected;
        }
    }
    Ok(anonymised)
}

/// Why somebody cancelled stands there in their own words.
async fn forget_reasons(txn: &Txn, orders: &[&str]) -> Result<u64> {
    let mut forgotten = 0;
    for some in orders.chunks(AT_ONCE) {
        let changed = cancellation::Entity::update_many()
            .col_expr(cancellation::Column::Reason, Expr::value(Option::<String>::None))
            .filter(cancellation::Column::OrderId.among(some.iter().copied()))
            .filter(cancellation::Column::Reason.is_not_null())
            .exec(&**txn)
            .await?;
        forgotten += changed.rows_affected;
    }
    Ok(forgotten)
}

async fn forget_payment_methods(txn: &Txn, person: &Owner) -> Result<u64> {
    let changed = checkout::Entity::update_many()
        .col_expr(checkout::Column::PaymentMethodToken, Expr::value(Option::<String>::None))
        .filter(checkout::Column::Owner.eq(person.as_str()))
        .filter(checkout::Column::PaymentMethodToken.is_not_null())
        .exec(&**txn)
        .await?;
    Ok(changed.rows_affected)
}

/// Their lines go with them.
async fn delete_carts(txn: &Txn, person: &Owner) -> Result<u64> {
    let deleted = cart::Entity::delete_many().filter(cart::Column::Owner.eq(person.as_str())).exec(&**txn).await?;
    Ok(deleted.rows_affected)
}

/// Their hashes are of what was typed, an address for one.
async fn delete_requests(txn: &Txn, person: &Owner) -> Result<u64> {
    let deleted =
        idempotency::Entity::delete_many().filter(idempotency::Column::Owner.eq(person.as_str())).exec(&**txn).await?;
    Ok(deleted.rows_affected)
}
