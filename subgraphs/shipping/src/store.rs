//! What shipping keeps.

mod event;
mod privacy;
mod rate;
mod shipment;

use kit::{Clock, Db};

pub use event::{Event, EventLoader, EventsByShipment};

pub(crate) use shipment::Taken;
pub use shipment::{ShipmentById, ShipmentByOrder, ShipmentLoader};

#[derive(Clone)]
pub struct Store {
    pub(crate) db: Db,
    pub(crate) clock: Clock,
}

impl Store {
    pub fn new(db: Db, clock: Clock) -> Self {
        Self { db, clock }
    }
}
