//! Looks after parcels on their way: asks the carrier where they are, and writes down what has happened to them.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;
use kit::Result;
use tokio_util::sync::CancellationToken;

use crate::Store;
use crate::carrier::{Carrier, CarrierError, Stage, Tracking};
use crate::shipment::{Shipment, State};

/// How often to see whether a look is due. Which is an index away, and days are long.
const EVERY: Duration = Duration::from_secs(1);
const BATCH: u64 = 100;
/// How many parcels the carrier is asked about at once.
const AT_ONCE: usize = 8;
/// However late a carrier expects the next move, a parcel is not left alone for longer.
const LONGEST: TimeDelta = TimeDelta::hours(6);

#[derive(Clone)]
pub struct Watch {
    store: Store,
    carrier: Arc<dyn Carrier>,
    track_every: TimeDelta,
}

impl Watch {
    pub fn new(store: Store, carrier: Arc<dyn Carrier>, track_every: TimeDelta) -> Self {
        Self { store, carrier, track_every }
    }

    /// Asks about a batch of the parcels that are due, then writes all that has happened in one transaction. Tells how
    /// many there were.
    pub async fn look(&self) -> Result<usize> {
        let due = self.store.due(BATCH).await?;
        if due.is_empty() {
            return Ok(0);
        }
        let looked = due.len();
        let mut told = Vec::with_capacity(looked);
        for some in due.chunks(AT_ONCE) {
            told.extend(join_all(some.iter().map(|shipment| self.track(shipment))).await);
        }
        let (mut moved, mut unmoved) = (Vec::new(), Vec::new());
        for (mut shipment, tracking) in due.into_iter().zip(told) {
            let from = shipment.state;
            let now = self.store.clock.now();
            let next = tracking.as_ref().map_or_else(|_| now + self.track_every, |tracking| self.next_look(tracking));
            match tracking.map(|tracking| state(tracking.stage)) {
                Ok(to) if to != from && to != State::Booked => {
                    let passed = shipment.enter(to, now)?;
                    shipment.next_look_at = to.is_live().then_some(next);
                    moved.push((from, shipment, passed));
                }
                Ok(_) => unmoved.push((shipment.order_id, next)),
                Err(cause) => {
                    let cause = format!("{:#}", anyhow::Error::new(cause));
                    tracing::warn!(order.id = %shipment.order_id, cause, "the carrier does not say where a parcel is");
                    unmoved.push((shipment.order_id, next));
                }
            }
        }
        let txn = self.store.db.begin().await?;
        for (from, shipment, passed) in &moved {
            if self.store.move_shipments(&txn, &[(*from, shipment)]).await? {
                self.store.note_passed(&txn, &[(shipment, passed)]).await?;
            }
        }
        self.store.look_again(&txn, &unmoved).await?;
        txn.commit().await?;
        Ok(looked)
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

    /// Looks until told to stop.
    pub async fn watch(self, stop: CancellationToken) {
        loop {
            let pause = match self.look().await {
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

fn state(stage: Stage) -> State {
    match stage {
        Stage::Booked => State::Booked,
        Stage::Dispatched => State::Dispatched,
        Stage::Delivered => State::Delivered,
    }
}
