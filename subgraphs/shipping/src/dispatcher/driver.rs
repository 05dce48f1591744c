//! How the driver of external commands loads, calls and writes shipments.

use std::collections::HashMap;

use async_trait::async_trait;
use kit::messaging::Message;
use kit::messaging::external_command::{Driver, ExternalCommand, Move};
use kit::{Db, Result, Txn, crash_at};
use vocab::OrderId;

use super::ShipmentDispatcher;
use crate::shipment::{Reply, Shipment, State, Step};
use crate::{CONCURRENCY, message};

#[async_trait]
impl Driver for ShipmentDispatcher {
    type Aggregate = Shipment;
    /// The states that each shipment has passed.
    type SideWrites = Vec<Vec<State>>;
    const AT_ONCE: usize = CONCURRENCY;
    const REPLIES: &'static str = message::REPLIES;

    fn db(&self) -> &Db {
        &self.store.db
    }

    async fn known(&self, orders: &[&OrderId]) -> Result<HashMap<OrderId, Shipment>> {
        self.store.shipments_of(orders.iter().copied()).await
    }

    async fn ask(&self, shipment: Shipment, step: Step) -> Result<(Shipment, State)> {
        match step {
            Step::Book => self.book(shipment).await,
            Step::Cancel => self.call_off(shipment).await,
        }
    }

    async fn insert(&self, txn: &Txn, shipments: &[&Shipment]) -> Result<bool> {
        self.store.open_shipments(txn, shipments.iter().copied()).await
    }

    fn enter(&self, moves: &mut [Move<Shipment>]) -> Result<Vec<Vec<State>>> {
        let (now, mut passed) = (self.store.clock.now(), Vec::new());
        for Move { external: ExternalCommand { aggregate: shipment, .. }, to, .. } in moves {
            passed.push(shipment.enter(*to, now)?);
            shipment.next_look_at = to.is_live().then(|| now + self.track_every);
        }
        Ok(passed)
    }

    async fn write(&self, txn: &Txn, moves: &[Move<Shipment>], passed: Vec<Vec<State>>) -> Result<bool> {
        let moved: Vec<(State, &Shipment)> = moves.iter().map(|one| (one.from, &one.external.aggregate)).collect();
        if !self.store.move_shipments(txn, &moved).await? {
            return Ok(false);
        }
        let passed = moved.iter().zip(&passed).map(|((_, shipment), passed)| (*shipment, passed.as_slice()));
        self.store.note_passed(txn, &passed.collect::<Vec<_>>()).await?;
        Ok(true)
    }

    async fn commit(&self, txn: Txn, moves: &[Move<Shipment>]) -> Result<()> {
        crash_at!("shipping:before-commit");
        txn.commit().await?;
        crash_at!("shipping:after-commit");
        for shipment in moves.iter().map(|one| &one.external.aggregate) {
            tracing::debug!(order.id = %shipment.order_id, shipment.state = shipment.state.as_str(), "a shipment moved");
        }
        Ok(())
    }

    fn reply(&self, external: &ExternalCommand<Shipment>, reply: &Reply) -> Result<Message> {
        message::reply(&external.aggregate.order_id, external.command, reply)
    }
}
