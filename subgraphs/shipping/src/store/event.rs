//! Where a parcel has been.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use chrono::{DateTime, Utc};
use kit::db::Among;
use kit::{Failure, Result, Txn};
use sea_orm::{EntityTrait, QueryFilter, QueryOrder, Set};
use vocab::ShipmentId;

use super::Store;
use crate::message;
use crate::shipment::{Shipment, State};

pub(super) mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "tracking_event")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub seq: i64,
        pub shipment_id: String,
        pub at: DateTimeUtc,
        pub state: String,
        pub place: Option<String>,
        #[sea_orm(column_type = "Text")]
        pub message: String,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Something that happened to a parcel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub at: DateTime<Utc>,
    pub state: State,
    pub place: Option<String>,
    pub message: String,
}

impl Store {
    /// Writes down what shipments have passed, and tells everybody who waits for that.
    pub(crate) async fn note_passed(&self, txn: &Txn, passed: &[(&Shipment, &[State])]) -> Result<()> {
        let at = self.clock.now();
        let (mut rows, mut told) = (Vec::new(), Vec::new());
        for (shipment, state) in
            passed.iter().flat_map(|(shipment, states)| states.iter().map(|state| (*shipment, *state)))
        {
            rows.extend(text(state).map(|text| row::ActiveModel {
                shipment_id: Set(shipment.id.to_string()),
                at: Set(at),
                state: Set(state.as_str().to_owned()),
                place: Set(None),
                message: Set(text.to_owned()),
                ..Default::default()
            }));
            told.extend(message::reached(shipment, state)?);
        }
        if !rows.is_empty() {
            row::Entity::insert_many(rows).exec_without_returning(&**txn).await?;
        }
        txn.send_all(&told.iter().map(|message| (message::EVENTS, message)).collect::<Vec<_>>()).await
    }
}

/// What a shopper reads of a move.
fn text(state: State) -> Option<&'static str> {
    match state {
        State::Booked => Some("The carrier has been told to expect the parcel."),
        State::Dispatched => Some("The carrier has the parcel."),
        State::Delivered => Some("The parcel was delivered."),
        State::Cancelled => Some("The shipment was cancelled."),
        State::Returning => Some("The parcel was called back, and returns to the shop."),
        State::Returned => Some("The parcel is back at the shop."),
        State::Booking | State::Refused | State::Cancelling => None,
    }
}

/// "Where has this parcel been?" Asked only of a shipment that the viewer was shown.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EventsByShipment(pub ShipmentId);

pub struct EventLoader(pub Store);

impl Loader<EventsByShipment> for EventLoader {
    type Value = Vec<Event>;
    type Error = Failure;

    async fn load(&self, keys: &[EventsByShipment]) -> Result<HashMap<EventsByShipment, Vec<Event>>> {
        let rows = row::Entity::find()
            .filter(row::Column::ShipmentId.among(keys.iter().map(|EventsByShipment(id)| id.as_str())))
            .order_by_asc(row::Column::Seq)
            .all(self.0.db.reader())
            .await?;
        let mut events: HashMap<EventsByShipment, Vec<Event>> = HashMap::new();
        for row::Model { shipment_id, at, state, place, message, .. } in rows {
            let state = State::parse(&state)
                .ok_or_else(|| Failure::fault(anyhow::anyhow!("an event is stored with the state `{state}`")))?;
            let key = EventsByShipment(ShipmentId::parse(&shipment_id)?);
            events.entry(key).or_default().push(Event { at, state, place, message });
        }
        Ok(events)
    }
}
