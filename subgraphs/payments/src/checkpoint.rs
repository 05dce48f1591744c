//! Adds the ledger up as it grows, so that the everyday check reads what is newer.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::TimeDelta;
use kit::Result;
use tokio_util::sync::CancellationToken;

use crate::Audit;

const EVERY: Duration = Duration::from_secs(600);

/// For how long an entry may still be on its way to where others see it: keys do not tell which is older, and on Postgres
/// an older one may be committed later. Whoever wrote an entry an hour ago has committed it, or never will, and no two clocks
/// are that far apart, the gateway's included.
const SAFELY_OLD: TimeDelta = TimeDelta::hours(1);

/// Adds up until told to stop.
pub async fn tidy(audit: Audit, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
        if let Err(failure) = audit.take_checkpoint().await {
            let cause = failure.into_anyhow();
            tracing::warn!(cause = format!("{cause:#}"), "the ledger of money is added up later");
        }
    }
}

impl Audit {
    /// Adds up what is safely old, in bounded steps, and tells how many it took. First all that would be behind the checkpoint
    /// is checked once more, the gateway's books included: what does not add up or is under way stays in sight. Of replicas
    /// that do so at once one goes on.
    pub async fn take_checkpoint(&self) -> Result<u64> {
        let before = self.store.checkpoint().await?;
        let end = self.store.clock.now() - SAFELY_OLD.max(self.settling);
        let wrong = self.against_gateway(before.scope(), usize::MAX).await?.unwrap_or_default();
        let named: BTreeSet<String> = wrong.into_iter().map(|violation| violation.order_id.to_string()).collect();
        let (uneven, under_way) = self.store.doubtful(before.through).await?;
        let wrong = named.union(&uneven).count();
        if wrong > 0 {
            tracing::error!(wrong, "the money of {wrong} orders does not add up, or not yet: see `conservation`");
        }
        let suspects = named.into_iter().chain(uneven).chain(under_way).collect();
        if !self.store.suspect(before.step, &suspects).await? {
            return Ok(0);
        }
        let mut steps = 0;
        while self.store.add_up_to(end).await? {
            steps += 1;
        }
        Ok(steps)
    }
}
