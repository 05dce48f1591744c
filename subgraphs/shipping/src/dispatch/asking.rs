//! Asking the carrier, outside any transaction. The answer is the shipment as it will be, and the state to enter.

use kit::{Failure, Result, crash_at};

use super::Dispatch;
use crate::carrier::{Booking, Cancellation, IdempotencyKey, Outcome};
use crate::shipment::{Shipment, State, Step};

impl Dispatch {
    pub(super) async fn book(&self, mut shipment: Shipment) -> Result<(Shipment, State)> {
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
        let unlabelled = || Failure::fault(anyhow::anyhow!("the shipment of {} has no label", shipment.order_id));
        let label = shipment.label.as_ref().ok_or_else(unlabelled)?;
        let key = IdempotencyKey::of(&shipment.order_id, Step::Cancel);
        crash_at!("shipping:before-carrier-cancels");
        let cancelled = self.carrier.cancel(&key, &label.tracking_number).await?;
        crash_at!("shipping:after-carrier-cancelled");
        let state = match cancelled {
            Cancellation::Cancelled => State::Cancelled,
            Cancellation::Delivered => State::Delivered,
        };
        Ok((shipment, state))
    }
}
