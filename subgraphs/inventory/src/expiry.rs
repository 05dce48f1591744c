//! Expires reservations whose time is over.

use std::time::Duration;

use kit::crash_at;
use tokio_util::sync::CancellationToken;

use crate::Store;

const EVERY: Duration = Duration::from_secs(5);

/// Sweeps until told to stop.
pub async fn sweep(store: Store, stop: CancellationToken) {
    loop {
        crash_at!("inventory:sweeper");
        match store.release_expired().await {
            Ok(0) => {}
            Ok(orders) => tracing::info!(orders, "{orders} reservations have expired"),
            Err(failure) => {
                let cause = failure.into_anyhow();
                tracing::warn!(cause = format!("{cause:#}"), "expired reservations stay for now");
            }
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}
