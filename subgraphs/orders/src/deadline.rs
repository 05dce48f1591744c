//! The watch over checkouts that wait for an answer: Redis may lose what it was told, the row's deadline does not.

use std::time::Duration;

use kit::{Result, crash_at};
use tokio_util::sync::CancellationToken;

use crate::store::Store;

/// How often to look. A deadline is seconds long, so a look more or less does not matter.
const EVERY: Duration = Duration::from_millis(500);

/// Carts go in the quiet between: one look in this many.
const SWEEP_EVERY: u64 = 1_200;

#[derive(Clone)]
pub struct Overdue {
    store: Store,
}

impl Overdue {
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// Moves every overdue checkout on: its command is sent again, or it turns around. Tells how many there were.
    pub async fn look(&self) -> Result<usize> {
        crash_at!("orders:sweeper");
        let overdue = self.store.overdue().await?;
        for order_id in &overdue {
            if let Err(failure) = self.store.run_out_of_time(order_id).await {
                let cause = failure.into_anyhow();
                tracing::error!(%order_id, cause = format!("{cause:#}"), "an overdue checkout was not moved on");
            }
        }
        Ok(overdue.len())
    }

    /// Looks until told to stop.
    pub async fn watch(self, stop: CancellationToken) {
        let mut looks: u64 = 0;
        loop {
            if let Err(failure) = self.look().await {
                let cause = failure.into_anyhow();
                tracing::warn!(cause = format!("{cause:#}"), "overdue checkouts wait");
            }
            if looks.is_multiple_of(SWEEP_EVERY)
                && let Err(failure) = self.store.drop_expired_carts().await
            {
                let cause = failure.into_anyhow();
                tracing::warn!(cause = format!("{cause:#}"), "expired carts stay a while longer");
            }
            looks += 1;
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }
}
