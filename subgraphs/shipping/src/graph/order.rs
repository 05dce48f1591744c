use async_graphql::{ID, Object};

use super::fulfillment_state::FulfillmentState;
use super::shipment::Shipment;
use crate::shipment;

/// An order, as far as its delivery goes.
pub struct Order(pub shipment::Shipment);

/// What somebody has bought, as it was when they did.
#[Object]
impl Order {
    /// Stays the same for good. Starts with `ord_`.
    async fn id(&self) -> ID {
        ID(self.0.order_id.to_string())
    }

    /// How much of this order is on its way. Null while no shipment has been asked for.
    async fn fulfillment_state(&self) -> Option<FulfillmentState> {
        Some(FulfillmentState::of(&self.0))
    }

    /// The parcels that carriers have booked for this order, cancelled ones too. Null while no shipment has been asked
    /// for.
    async fn shipments(&self) -> Option<Vec<Shipment>> {
        Some(Shipment::of(self.0.clone()).into_iter().collect())
    }
}
