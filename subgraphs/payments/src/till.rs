//! Follows commands: writes the intention, asks the gateway, writes what came of it. Commands that wait together are
//! followed side by side, and cost our database no more statements than one alone.
//!
//! Each round does the one thing that [`Payment::next`] says. Nobody holds a lock while the gateway thinks: moves are
//! written only if the payments still are as they were, and whoever finds that one has moved meanwhile reads them afresh.

mod asking;
mod errand;
mod opening;
mod round;

use std::collections::HashSet;
use std::sync::Arc;

use async_trait::async_trait;
use kit::message::{Consume, Message};
use kit::{Failure, Result};

use crate::Store;
use crate::gateway::Gateway;
use crate::message::Asked;
use errand::Errand;

/// More than any command takes, even if every round is lost to somebody else once.
const MOST_ROUNDS: usize = 12;

pub struct Till {
    store: Store,
    gateway: Arc<dyn Gateway>,
}

#[async_trait]
impl Consume for Till {
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

impl Till {
    pub fn new(store: Store, gateway: Arc<dyn Gateway>) -> Self {
        Self { store, gateway }
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
        let orders: Vec<&str> = errands.iter().map(|errand| errand.payment.order_id.as_str()).collect();
        Err(Failure::fault(anyhow::anyhow!("the payments of {orders:?} do not come to rest")))
    }

    /// The same errands, with the payments as they stand now.
    async fn afresh(&self, mut errands: Vec<Errand>) -> Result<Vec<Errand>> {
        let mut known = self.store.payments_of(errands.iter().map(|errand| &errand.payment.order_id)).await?;
        for errand in &mut errands {
            let order_id = &errand.payment.order_id;
            let gone = || Failure::fault(anyhow::anyhow!("the payment of {order_id} is gone"));
            errand.payment = known.remove(order_id).ok_or_else(gone)?;
        }
        Ok(errands)
    }
}
