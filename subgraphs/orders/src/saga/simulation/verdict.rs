//! What must hold, whatever happened.

use super::Figures;
use super::inventory::Promise;
use super::world::World;
use crate::order::Lifecycle;

fn must(holds: bool, rule: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(rule()) }
}

impl World {
    /// After everything that happens.
    pub fn units_are_conserved(&self) -> Result<(), String> {
        let stock = &self.inventory;
        let all = stock.free + stock.reserved + stock.sold + stock.elsewhere;
        let none_below = [stock.free, stock.reserved, stock.sold, stock.elsewhere].into_iter().all(|units| units >= 0);
        must(all == stock.received && none_below, || format!("{all} units of {}", stock.received))?;
        let gateway = &self.payments.gateway;
        must(gateway.captured <= 1, || format!("charged {} times", gateway.captured))?;
        must(gateway.refunded <= gateway.captured, || "refunded what was not charged".into())?;
        let live = i64::from(self.shipping.booked) - i64::from(self.shipping.cancelled);
        must((0..=1).contains(&live), || format!("{live} shipments"))?;
        let on_sale_again = self.shipping.away() && stock.promise == Promise::Returned;
        must(!on_sale_again, || "units are on sale that are not here".into())
    }

    /// When nothing happens any more.
    pub fn judge(&self) -> Result<(), String> {
        let (orders, stock, gateway, shipping) =
            (&self.orders, &self.inventory, &self.payments.gateway, &self.shipping);
        must(orders.at_rest(), || format!("is not at rest: {:?}", orders.process))?;
        let stands = matches!(orders.lifecycle, Lifecycle::Confirmed | Lifecycle::Completed);
        must(stands || orders.lifecycle == Lifecycle::Cancelled, || format!("ends {:?}", orders.lifecycle))?;
        let owed = u32::from(stands);
        // What has arrived stays there, also when it is refunded.
        let kept = u32::from(stands || (self.shipping.delivered() && stock.promise == Promise::Settled));
        let unstopped = u32::from(stands || self.shipping.delivered());
        must(gateway.captured == gateway.refunded + owed, || {
            format!("{} charged, {} refunded, {:?}", gateway.captured, gateway.refunded, orders.lifecycle)
        })?;
        must(stock.reserved == 0, || "units stay promised to nobody".into())?;
        must((stock.sold > 0) == (kept > 0), || format!("{} units sold, {:?}", stock.sold, orders.lifecycle))?;
        must(stock.given == stock.back + kept, || format!("promised {} times, back {}", stock.given, stock.back))?;
        must(shipping.booked == shipping.cancelled + unstopped, || {
            format!("{} shipments booked, {} cancelled", shipping.booked, shipping.cancelled)
        })?;
        let let_go = gateway.captured + gateway.voided + u32::from(gateway.lapsed());
        must(gateway.authorized == let_go, || format!("authorized {}, let go {let_go}", gateway.authorized))?;
        let refused = orders.logged.contains(&"cancel_refused") && stock.promise == Promise::Settled;
        let refunded = orders.logged.contains(&"refunded");
        must(!refused || stands || refunded, || "refused to be cancelled and was".into())?;
        must(orders.lifecycle != Lifecycle::Completed || shipping.delivered(), || "completed, not delivered".into())
    }

    pub fn figures(&self) -> Figures {
        let (orders, mut figures) = (&self.orders, self.figures);
        let cancelled = orders.lifecycle == Lifecycle::Cancelled;
        figures.confirmed = u64::from(orders.confirmed_once());
        figures.completed = u64::from(orders.lifecycle == Lifecycle::Completed);
        figures.cancelled = u64::from(cancelled);
        figures.refunded = u64::from(cancelled && orders.confirmed_once());
        figures.arrived_and_refunded = u64::from(orders.logged.contains(&"refunded"));
        figures.recalled = u64::from(orders.logged.contains(&"shipment_recalled"));
        figures.returned = u64::from(self.shipping.has_returned());
        figures
    }
}
