//! Follows the keys as they take turns, whichever process makes a new one.

use std::time::Duration;

use kit::Result;
use kit::identity::token::Verifier;
use tokio_util::sync::CancellationToken;

use crate::signing_key::KeyRing;
use crate::store::Store;

/// Several times within the minute that a key is published before any verifier must have asked for it.
const EVERY: Duration = Duration::from_secs(15);

/// Keeps this process's keys what they are in the database.
#[derive(Clone)]
pub struct KeyRotation {
    store: Store,
    keys: KeyRing,
    verifier: Verifier,
}

impl KeyRotation {
    pub fn new(store: Store, keys: KeyRing, verifier: Verifier) -> Self {
        Self { store, keys, verifier }
    }

    /// Follows until told to stop.
    pub async fn keep(self, stop: CancellationToken) {
        while stop.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_some() {
            if let Err(failure) = self.follow().await {
                let cause = failure.into_anyhow();
                tracing::warn!(cause = format!("{cause:#}"), "a new key may not be known here yet");
            }
        }
    }

    /// Learns of new keys, and forgets those whose tokens have all ended.
    pub async fn follow(&self) -> Result<()> {
        let forgotten = self.store.sweep_signing_keys().await?;
        if forgotten > 0 {
            tracing::info!(forgotten, "keys are gone that signed nothing that still stands");
        }
        self.keys.learn(self.store.made_signing_keys().await?);
        self.verifier.know(&self.keys.now()?.jwks()).await;
        Ok(())
    }
}
