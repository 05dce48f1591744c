//! The tracking poller asks the carrier where parcels are, and writes what has happened to them.

use std::slice;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;
use kit::{Failure, Result};
use tokio_util::sync::CancellationToken;
use vocab::OrderId;

use crate::Store;
use crate::carrier::{Carrier, CarrierError, Stage, Tracking};
use crate::shipment::{Shipment, State};
use crate::store::Taken;

/// How often to check whether a parcel is due. The check is one look into an index.
const EVERY: Duration = Duration::from_secs(1);
const BATCH: u64 = 100;
/// How long a batch is leased by the replica that took it. Longer than a carrier takes to answer for all of it.
const LEASE: TimeDelta = TimeDelta::minutes(5);
/// How many parcels the carrier is asked about at once.
const AT_ONCE: usize = 8;
/// A parcel is polled at least this often, however late the carrier expects its next move.
const LONGEST: TimeDelta = TimeDelta::hours(6);

#[derive(Clone)]
pub struct TrackingPoller {
    store: Store,
    carrier: Arc<dyn Carrier>,
    track_every: TimeDelta,
}

impl TrackingPoller {
    pub fn new(store: Store, carrier: Arc<dyn Carrier>, track_every: TimeDelta) -> Self {
        Self { store, carrier, track_every }
    }

    /// Takes a batch of due parcels, asks the carrier about them, and writes the outcomes in one transaction. Returns how many
    /// there were.
    pub async fn poll(&self) -> Result<usize> {
        let Taken { shipments: due, unreadable } = self.store.take_due(BATCH, LEASE).await?;
        let looked = due.len() + unreadable.len();
        for (order_id, why) in unreadable {
            set_aside(&order_id, why);
        }
        let mut seen = Vec::with_capacity(due.len());
        for some in due.chunks(AT_ONCE) {
            let told = join_all(some.iter().map(|shipment| self.track(shipment))).await;
            for (shipment, tracking) in some.iter().zip(told) {
                match self.outcome(shipment.clone(), tracking) {
                    Ok(one) => seen.push(one),
                    Err(failure) => set_aside(shipment.order_id.as_str(), failure),
                }
            }
        }
        // In the order in which all writers lock them, so that there is no deadlock.
        seen.sort_by(|one, other| one.order_id().cmp(other.order_id()));
        self.save_or_set_aside(&seen).await?;
        Ok(looked)
    }

    /// The outcome of a poll, from what the carrier says.
    fn outcome(&self, mut shipment: Shipment, tracking: Result<Tracking, CarrierError>) -> Result<PollOutcome> {
        let (from, now) = (shipment.state, self.store.clock.now());
        let next = tracking.as_ref().map_or_else(|_| now + self.track_every, |tracking| self.next_look(tracking));
        match tracking.map(|tracking| state(tracking.stage)) {
            Ok(to) if to != from && to != State::Booked => {
                let passed = shipment.enter(to, now)?;
                shipment.next_look_at = to.is_live().then_some(next);
                Ok(PollOutcome::Moved { from, shipment: Box::new(shipment), passed })
            }
            Ok(_) => Ok(PollOutcome::Unmoved { order_id: shipment.order_id, next }),
            Err(cause) => {
                let cause = format!("{:#}", anyhow::Error::new(cause));
                tracing::warn!(order.id = %shipment.order_id, cause, "the carrier does not say where a parcel is");
                Ok(PollOutcome::Unmoved { order_id: shipment.order_id, next })
            }
        }
    }

    /// Writes outcomes. If that fails as a whole, each parcel is written by itself, so that one that cannot be written does not
    /// delay the others: it is taken again when its lease is over.
    async fn save_or_set_aside(&self, seen: &[PollOutcome]) -> Result<()> {
        match self.save(seen).await {
            Err(failure) if !failure.is_transient() => {}
            kept => return kept,
        }
        for one in seen {
            match self.save(slice::from_ref(one)).await {
                Err(failure) if failure.is_transient() => return Err(failure),
                Err(failure) => set_aside(one.order_id().as_str(), failure),
                Ok(()) => {}
            }
        }
        Ok(())
    }

    async fn save(&self, seen: &[PollOutcome]) -> Result<()> {
        if seen.is_empty() {
            return Ok(());
        }
        let txn = self.store.db.begin().await?;
        Store::lock_shipments(&txn, seen.iter().map(PollOutcome::order_id)).await?;
        let mut unmoved = Vec::new();
        for one in seen {
            match one {
                PollOutcome::Moved { from, shipment, passed } => {
                    if self.store.move_shipments(&txn, &[(*from, shipment)]).await? {
                        self.store.note_passed(&txn, &[(shipment, passed)]).await?;
                    }
                }
                PollOutcome::Unmoved { order_id, next } => unmoved.push((order_id.clone(), *next)),
            }
        }
        self.store.look_again(&txn, &unmoved).await?;
        Ok(txn.commit().await?)
    }

    async fn track(&self, shipment: &Shipment) -> Result<Tracking, CarrierError> {
        let number = shipment.label.as_ref().map_or("", |label| &label.tracking_number);
        self.carrier.track(number).await
    }

    fn next_look(&self, tracking: &Tracking) -> DateTime<Utc> {
        let now = self.store.clock.now();
        match tracking.next_change {
            Some(expected) => expected.clamp(now + TimeDelta::seconds(1), now + LONGEST),
            None => now + self.track_every,
        }
    }

    /// Polls until told to stop.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            let pause = match self.poll().await {
                Ok(looked) if looked as u64 == BATCH => Duration::ZERO,
                Ok(_) => EVERY,
                Err(failure) => {
                    let cause = failure.into_anyhow();
                    tracing::warn!(cause = format!("{cause:#}"), "parcels are not looked after; trying again");
                    EVERY
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }
}

/// The outcome of polling a parcel.
enum PollOutcome {
    Moved { from: State, shipment: Box<Shipment>, passed: Vec<State> },
    Unmoved { order_id: OrderId, next: DateTime<Utc> },
}

impl PollOutcome {
    fn order_id(&self) -> &OrderId {
        match self {
            Self::Moved { shipment, .. } => &shipment.order_id,
            Self::Unmoved { order_id, .. } => order_id,
        }
    }
}

/// Leaves out a parcel that cannot be handled. It is taken again when its lease is over.
fn set_aside(order_id: &str, failure: Failure) {
    let cause = format!("{:#}", failure.into_anyhow());
    tracing::error!(order.id = order_id, cause, "a parcel cannot be looked after; it is set aside for a while");
}

fn state(stage: Stage) -> State {
    match stage {
        Stage::Returning => State::Returning,
        Stage::Returned => State::Returned,
        Stage::Booked => State::Booked,
        Stage::Dispatched => State::Dispatched,
        Stage::Delivered => State::Delivered,
    }
}
