//! Which commit of its index a replica has last acknowledged messages for. Should its folder be put back to an earlier state,
//! what was acknowledged since is in it no more, and nobody would send it again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kit::Result;
use kit::messaging::Bus;
use redis::AsyncCommands;

/// A replica that is away for longer has lost its group.
const KEPT_S: u64 = 30 * 24 * 3_600;
/// No commit has this number.
const NEVER: u64 = 0;

#[derive(Clone)]
pub struct Latest {
    bus: Bus,
    key: String,
    noted: Arc<AtomicU64>,
}

impl Latest {
    pub fn of(bus: Bus, group: &str) -> Self {
        Self { bus, key: format!("mercato:catalog.events:commit:{group}"), noted: Arc::new(AtomicU64::new(NEVER)) }
    }

    /// The commit that was noted last. None where Redis does not know; then there is no group either.
    pub async fn noted(&self) -> Result<Option<u64>> {
        Ok(self.bus.connection().get(&self.key).await?)
    }

    /// Messages that share a commit note it once.
    pub async fn note(&self, commit: u64) -> Result<()> {
        if self.noted.load(Ordering::Acquire) == commit {
            return Ok(());
        }
        let options = redis::SetOptions::default().with_expiration(redis::SetExpiry::EX(KEPT_S));
        let () = self.bus.connection().set_options(&self.key, commit, options).await?;
        self.noted.store(commit, Ordering::Release);
        Ok(())
    }
}
