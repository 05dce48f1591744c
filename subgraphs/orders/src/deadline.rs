//! The watch over checkouts that wait for an answer: Redis may lose what it was told, the row's deadline does not.

use std::time::Duration;

use kit::{Quarantine, Result, crash_at};
use tokio_util::sync::CancellationToken;
use vocab::OrderId;

use crate::store::Store;

/// How often to look. A deadline is seconds long, so a look more or less does not matter.
const EVERY: Duration = Duration::from_millis(500);

/// How many overdue checkouts are taken up at once, and how many cancellations.
const AT_ONCE: u64 = 200;

#[derive(Clone)]
pub struct Overdue {
    store: Store,
    aside: Quarantine<String>,
}

impl Overdue {
    pub fn new(store: Store) -> Self {
        Self { store, aside: Quarantine::new("an order that is overdue") }
    }

    /// Moves every overdue checkout on: its command is sent again, or it turns around. One that cannot be moved on is set
    /// aside, and holds up no other. Tells how many there were.
    pub async fn look(&self) -> Result<usize> {
        crash_at!("orders:sweeper");
        let now = self.store.clock.now();
        let mut overdue = self.store.overdue(AT_ONCE + self.aside.count(now)).await?;
        overdue.retain(|order_id| !self.aside.holds(order_id, now));
        for order_id in &overdue {
            match self.handle_deadline(order_id).await {
                Ok(()) => self.aside.recovered(order_id),
                Err(failure) if failure.is_transient() => return Err(failure),
                Err(failure) => self.aside.set(order_id, failure, now),
            }
        }
        Ok(overdue.len())
    }

    async fn handle_deadline(&self, order_id: &str) -> Result<()> {
        self.store.handle_deadline(&OrderId::parse(order_id)?).await
    }

    /// Looks until told to stop.
    pub async fn watch(self, stop: CancellationToken) {
        loop {
            if let Err(failure) = self.look().await {
                let cause = failure.into_anyhow();
                tracing::warn!(cause = format!("{cause:#}"), "overdue checkouts wait");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }
}
