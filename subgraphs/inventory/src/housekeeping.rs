//! Keeps the books short: adds the ledger up, and forgets reservations that came to nothing.

use std::time::Duration;

use chrono::TimeDelta;
use tokio_util::sync::CancellationToken;

use crate::Store;

const EVERY: Duration = Duration::from_secs(600);

#[derive(Clone)]
pub struct Housekeeping {
    pub store: Store,
    /// For how long consumers remember messages.
    pub remembered: TimeDelta,
}

/// Tidies up until told to stop.
pub async fn tidy(keeping: Housekeeping, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
        if let Err(failure) = keeping.store.take_checkpoint().await {
            let cause = failure.into_anyhow();
            tracing::warn!(cause = format!("{cause:#}"), "the ledger is added up later");
        }
        match keeping.store.forget_reservations(keeping.remembered).await {
            Ok(0) => {}
            Ok(orders) => tracing::info!(orders, "{orders} reservations that came to nothing are forgotten"),
            Err(failure) => {
                let cause = failure.into_anyhow();
                tracing::warn!(cause = format!("{cause:#}"), "old reservations are kept a while longer");
            }
        }
    }
}
