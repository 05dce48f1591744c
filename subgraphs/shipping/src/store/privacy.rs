//! What shipping keeps on a person, to be handed over or forgotten.
//!
//! An address is here only until the carrier has answered. Then it is the carrier's to keep, and to forget by the law
//! that it is under; of the sandbox's books none holds one.

use std::collections::BTreeMap;

use async_trait::async_trait;
use kit::db::Among;
use kit::identity::privacy::{Erase, ErasureOutcome, PersonalDataStore};
use kit::{Owner, Result, Txn};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};

use super::Store;
use super::event::row as event;
use super::shipment::row::{Column, Entity};
use crate::shipment::State;

const AT_ONCE: usize = 500;

#[async_trait]
impl PersonalDataStore for Store {
    const NAME: &'static str = "shipping";

    async fn export(&self, person: &Owner) -> Result<Value> {
        let shipments = Entity::find()
            .filter(Column::Owner.eq(person.as_str()))
            .order_by_asc(Column::CreatedAt)
            .order_by_asc(Column::OrderId)
            .all(self.db.reader())
            .await?;
        let mut told = Vec::with_capacity(shipments.len());
        for some in shipments.chunks(AT_ONCE) {
            let events = event::Entity::find()
                .filter(event::Column::ShipmentId.among(some.iter().map(|one| one.id.as_str())))
                .order_by_asc(event::Column::Seq)
                .all(self.db.reader())
                .await?;
            for one in some {
                let events = events.iter().filter(|event| event.shipment_id == one.id);
                let events =
                    events.map(|event| json!({ "at": event.at, "message": event.message, "place": event.place }));
                let address: Option<Value> = one.address.as_deref().map(serde_json::from_str).transpose()?;
                told.push(json!({
                    "id": one.id,
                    "orderId": one.order_id,
                    "state": one.state,
                    "method": one.method,
                    "country": one.country,
                    "address": address,
                    "carrier": one.carrier,
                    "trackingNumber": one.tracking_number,
                    "createdAt": one.created_at,
                    "dispatchedAt": one.dispatched_at,
                    "history": events.collect::<Value>(),
                }));
            }
        }
        Ok(json!({ "shipments": told }))
    }

    async fn forget(&self, txn: &Txn, person: &Owner, _erase: &Erase) -> Result<ErasureOutcome> {
        // What is being booked needs its address, and forgets it with the carrier's answer. Nobody is erased while an
        // order is under way, so that is a booking that nobody waits for.
        let forgotten = Entity::update_many()
            .col_expr(Column::Address, Expr::value(Option::<String>::None))
            .filter(Column::Owner.eq(person.as_str()))
            .filter(Column::Address.is_not_null())
            .filter(Column::State.ne(State::Booking.as_str()))
            .exec(&**txn)
            .await?;
        Ok(ErasureOutcome::Done(BTreeMap::from([("addresses", forgotten.rows_affected)])))
    }
}
