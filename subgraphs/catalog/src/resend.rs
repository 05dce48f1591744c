//! Sends every product again, to whoever keeps a copy and may lack some of it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use contracts::catalog::{CatalogCommand, ResendProducts};
use contracts::decoded;
use contracts::stream::{CATALOG_EVENTS, catalog_resent};
use kit::messaging::{Bus, Message, MessageHandler};
use kit::{Failure, Result};
use tokio::sync::Notify;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::Store;
use crate::store::Step;

/// Requests that come within this are answered together.
const GATHER: Duration = Duration::from_secs(1);
/// How long a request may lie of which another process was told.
const LOOK: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(50);
/// A replica that asked and shows no life for so long holds up nobody who asked beside it.
const GONE: Duration = Duration::from_secs(120);
const LONGEST_ROLE: usize = 40;

/// Where the answer goes.
fn answered_on(asked: &ResendProducts) -> Result<String> {
    let Some(role) = &asked.to else { return Ok(CATALOG_EVENTS.to_owned()) };
    let well_formed = !role.is_empty() && role.len() <= LONGEST_ROLE && role.bytes().all(|b| b.is_ascii_lowercase());
    match well_formed {
        true => Ok(catalog_resent(role)),
        false => {
            Err(Failure::fault(anyhow::anyhow!("`to` is the name of no role: small letters, at most {LONGEST_ROLE}")))
        }
    }
}

/// Takes down what is asked of the catalog on `catalog.commands`.
pub struct Resend {
    store: Store,
    asked: Arc<Notify>,
}

#[async_trait]
impl MessageHandler for Resend {
    async fn handle(&self, message: &Message) -> Result<()> {
        let CatalogCommand::ResendProducts(asked) = decoded(message, "the catalog")?;
        let stream = answered_on(&asked)?;
        let name = asked.request.unwrap_or_else(|| message.id.to_string());
        self.store.request_resend(message, &name, &stream).await?;
        self.asked.notify_one();
        Ok(())
    }
}

/// Sends what was asked for, a message at a time.
#[derive(Clone)]
pub struct Resender {
    store: Store,
    bus: Bus,
    asked: Arc<Notify>,
}

impl Resender {
    pub fn new(store: Store, bus: Bus) -> Self {
        Self { store, bus, asked: Arc::default() }
    }

    /// What hears the requests that this answers.
    pub fn requests(&self) -> Resend {
        Resend { store: self.store.clone(), asked: Arc::clone(&self.asked) }
    }

    /// Answers until told to stop.
    pub async fn run(self, stop: CancellationToken) {
        stop.run_until_cancelled(async {
            loop {
                if let Err(failure) = self.answer_all().await {
                    let cause = failure.into_anyhow();
                    tracing::warn!(cause = format!("{cause:#}"), "whoever asked for the catalogue has to wait");
                }
                let _looks_anyway = tokio::time::timeout(LOOK, self.asked.notified()).await;
            }
        })
        .await;
    }

    /// Answers everybody who has asked until now.
    async fn answer_all(&self) -> Result<()> {
        if self.store.resending().await?.is_empty() {
            return Ok(());
        }
        sleep(GATHER).await;
        loop {
            let mut moved = false;
            let streams = self.store.resending().await?;
            for stream in &streams {
                match self.store.resend_step(stream).await? {
                    Step::Sent => moved = true,
                    Step::Waits if stream != CATALOG_EVENTS => drop(self.bus.expire_groups(stream, GONE).await?),
                    Step::Waits | Step::Done => {}
                }
            }
            if streams.is_empty() {
                return Ok(());
            }
            if !moved {
                sleep(PAUSE).await;
            }
        }
    }
}
