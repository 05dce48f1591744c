//! Asks again where nobody answers, and ends what can end.

use std::time::Duration;

use kit::Result;
use tokio_util::sync::CancellationToken;

use super::Privacy;

const EVERY: Duration = Duration::from_millis(500);
const AT_ONCE: u64 = 100;

impl Privacy {
    /// Moves on whatever is due, and tells how much that was.
    pub async fn look(&self) -> Result<usize> {
        let mut moved = self.store.ask_overdue_keepers(AT_ONCE, self.settings.step_timeout()).await?;
        for id in self.store.erasures_to_finish(AT_ONCE).await? {
            match self.finish(&id).await {
                Ok(done) => moved += usize::from(done),
                Err(failure) => {
                    let cause = failure.into_anyhow();
                    tracing::warn!(erasure = %id, cause = format!("{cause:#}"), "an erasure is not done yet");
                }
            }
        }
        Ok(moved + self.store.forget_expired_exports().await?)
    }

    /// Looks until told to stop.
    pub async fn watch(self, stop: CancellationToken) {
        loop {
            if let Err(failure) = self.look().await {
                let cause = failure.into_anyhow();
                tracing::warn!(cause = format!("{cause:#}"), "exports and erasures wait");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }
}
