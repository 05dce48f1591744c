//! Follows commands: writes the intention, asks the carrier, writes what came of it. Commands that wait together are
//! followed side by side, and cost our database no more statements than one alone.
//!
//! Each round does the one thing that [`Shipment::next`](crate::shipment::Shipment::next) says. Nobody holds a lock while
//! the carrier thinks: moves are written only if the shipments still are as they were, and whoever finds that one has moved
//! meanwhile reads them afresh.

mod asking;
mod errand;
mod opening;
mod round;

use std::collections::HashSet;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::TimeDelta;
use kit::message::{Consume, Message};
use kit::{Failure, Result};

use crate::Store;
use crate::carrier::Carrier;
use crate::message::Asked;
use errand::Errand;

/// More than any command takes, even if every round is lost to somebody else once.
const MOST_ROUNDS: usize = 12;

pub struct Dispatch {
    store: Store,
    carrier: Arc<dyn Carrier>,
    track_every: TimeDelta,
}

#[async_trait]
impl Consume for Dispatch {
    async fn consume(&self, message: &Message) -> Result<()> {
        self.follow(vec![Asked::read(message)?]).await
    }

    /// Commands of one order take their turns.
    async fn consume_together(&self, messages: &[Message]) -> Result<bool> {
        let asked = messages.iter().map(Asked::read).collect::<Result<Vec<_>>>()?;
        let orders: HashSet<&str> = asked.iter().map(|one| one.order_id().as_str()).collect();
        if orders.len() < asked.len() {
            return Ok(false);
        }
        self.follow(asked).await.map(|()| true)
    }
}

impl Dispatch {
    /// A parcel is looked at for the first time `track_every` after its booking.
    pub fn new(store: Store, carrier: Arc<dyn Carrier>, track_every: TimeDelta) -> Self {
        Self { store, carrier, track_every }
    }

    /// Follows commands of different orders to their ends.
    async fn follow(&self, asked: Vec<Asked>) -> Result<()> {
        let mut errands = self.begin(asked).await?;
        for _ in 0..MOST_ROUNDS {
            if errands.is_empty() {
                return Ok(());
            }
            errands = self.round(errands).await?;
        }
        let orders: Vec<&str> = errands.iter().map(|errand| errand.shipment.order_id.as_str()).collect();
        Err(Failure::fault(anyhow::anyhow!("the shipments of {orders:?} do not come to rest")))
    }

    /// The same errands, with the shipments as they stand now.
    async fn afresh(&self, mut errands: Vec<Errand>) -> Result<Vec<Errand>> {
        let mut known = self.store.shipments_of(errands.iter().map(|errand| &errand.shipment.order_id)).await?;
        for errand in &mut errands {
            let order_id = &errand.shipment.order_id;
            let gone = || Failure::fault(anyhow::anyhow!("the shipment of {order_id} is gone"));
            errand.shipment = known.remove(order_id).ok_or_else(gone)?;
        }
        Ok(errands)
    }
}
