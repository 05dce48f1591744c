//! Calls to the carrier, outside any transaction. Each returns the shipment as it will be, and the state to enter.
//!
//! If a call may have been made before, the carrier's records are looked up by our order first, and only what is missing is
//! requested: carriers forget idempotency keys.

use kit::{Failure, Result, crash_at};

use super::ShipmentDispatcher;
use crate::carrier::{Booking, Cancellation, CarrierError, IdempotencyKey, Outcome};
use crate::shipment::{Shipment, State, Step};

impl ShipmentDispatcher {
    pub(super) async fn book(&self, mut shipment: Shipment) -> Result<(Shipment, State)> {
        if shipment.in_doubt
            && let Some(found) = self.carrier.find(&shipment.order_id).await?
        {
            // What has become of it since is for a cancellation to find.
            shipment.label = Some(found.label);
            return Ok((shipment, State::Booked));
        }
        let missing = || Failure::fault(anyhow::anyhow!("the shipment of {} has no address", shipment.order_id));
        let terms = shipment.terms.as_ref().ok_or_else(missing)?;
        let address = terms.address.clone().ok_or_else(missing)?;
        let weight_grams = shipment.weight_grams();
        let booking =
            Booking { reference: shipment.order_id.clone(), method: terms.method.clone(), address, weight_grams };
        let key = IdempotencyKey::of(&shipment.order_id, Step::Book);
        crash_at!("shipping:before-carrier-books");
        let booked = self.carrier.book(&key, &booking).await?;
        crash_at!("shipping:after-carrier-booked");
        match booked {
            Outcome::Booked(label) => {
                shipment.label = Some(label);
                Ok((shipment, State::Booked))
            }
            Outcome::Refused { message } => {
                shipment.refusal = Some(message);
                Ok((shipment, State::Refused))
            }
        }
    }

    pub(super) async fn call_off(&self, shipment: Shipment) -> Result<(Shipment, State)> {
        if shipment.in_doubt
            && let Some(cancelled) = self.carrier.find(&shipment.order_id).await?.and_then(|found| found.cancellation)
        {
            return Ok((shipment, ended(cancelled)));
        }
        let unlabelled = || Failure::fault(anyhow::anyhow!("the shipment of {} has no label", shipment.order_id));
        let label = shipment.label.as_ref().ok_or_else(unlabelled)?;
        let key = IdempotencyKey::of(&shipment.order_id, Step::Cancel);
        crash_at!("shipping:before-carrier-cancels");
        let cancelled = match self.carrier.cancel(&key, &label.tracking_number).await {
            // Neither under our order nor under its number does the carrier have it.
            Err(CarrierError::UnknownParcel(_)) if self.carrier.find(&shipment.order_id).await?.is_none() => {
                lost(&shipment)
            }
            answered => answered?,
        };
        crash_at!("shipping:after-carrier-cancelled");
        Ok((shipment, ended(cancelled)))
    }
}

/// What to make of a parcel that its carrier does not know. If it had left, its units must not be sold before it is back.
fn lost(shipment: &Shipment) -> Cancellation {
    tracing::warn!(order.id = %shipment.order_id, "the carrier does not know a parcel that it has booked");
    if shipment.dispatched_at.is_some() { Cancellation::Recalled } else { Cancellation::Cancelled }
}

fn ended(cancelled: Cancellation) -> State {
    match cancelled {
        Cancellation::Cancelled => State::Cancelled,
        Cancellation::Recalled => State::Returning,
        Cancellation::Delivered => State::Delivered,
    }
}
