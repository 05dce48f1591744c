//! Fills the index: requests the whole catalogue until the index has all of it.

use std::sync::Arc;
use std::time::Duration;

use contracts::catalog::{CatalogCommand, ResendProducts};
use contracts::encode;
use kit::messaging::{Bus, DeliverySettings, Lag, Subscription, consume};
use kit::{Db, Result, Runtime};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::changes::Changes;
use crate::index::{Index, IndexStatus};
use crate::{COMMANDS, EVENTS, MESSAGES_IN_HAND, RESENT};

/// After this long without a message the catalogue is requested again; the interval doubles each time, up to the longest.
const SILENCE: Duration = Duration::from_secs(60);
const LONGEST_SILENCE: Duration = Duration::from_secs(600);
const LOOK_AGAIN: Duration = Duration::from_millis(50);
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);
/// How long the last messages may take to be acknowledged.
const FAREWELL: Duration = Duration::from_secs(5);

/// Fills the index of one replica.
#[derive(Clone)]
pub struct Filler {
    index: Index,
    db: Db,
    bus: Bus,
    /// The replica's own, on both streams.
    group: &'static str,
    consumer: String,
    patience: DeliverySettings,
}

impl Filler {
    pub fn new(index: Index, group: &'static str, runtime: &Runtime) -> Self {
        let Runtime { db, bus, instance, patience, .. } = runtime.clone();
        Self { index, db, bus, group, consumer: instance, patience }
    }

    /// Fills the index whenever it needs to be, until told to stop.
    pub async fn run(self, stop: CancellationToken) {
        let mut status = self.index.status();
        stop.run_until_cancelled(async {
            loop {
                let request = request(&status.borrow_and_update());
                let Some(request) = request else {
                    if status.changed().await.is_err() {
                        return;
                    }
                    continue;
                };
                if let Err(failure) = self.fill(&request).await {
                    let cause = failure.into_anyhow();
                    tracing::warn!(cause = format!("{cause:#}"), "the index cannot be filled yet");
                    sleep(PAUSE_AFTER_FAILURE).await;
                }
            }
        })
        .await;
        // The group is created again when there is something to fill. If this fails, it expires.
        let _expires = self.bus.destroy_group(RESENT, self.group).await;
    }

    /// Requests the catalogue, and consumes it in a group that exists as long as that takes. Returns when the index is whole, or
    /// has to be filled under another request.
    async fn fill(&self, request: &str) -> Result<()> {
        self.bus.renew_group(RESENT, self.group, &self.consumer).await?;
        // The catalogue is read only once changes are consumed, so that no change is missed.
        while !self.bus.groups(EVENTS).await?.iter().any(|group| group == self.group) {
            sleep(LOOK_AGAIN).await;
        }
        let subscription = Subscription {
            stream: RESENT,
            group: self.group,
            consumer: self.consumer.clone(),
            concurrency: MESSAGES_IN_HAND,
            patience: self.patience,
        };
        let handler = Arc::new(Changes::new(self.index.clone(), self.group));
        let enough = CancellationToken::new();
        let reading = consume(self.bus.clone(), subscription, handler, enough.clone());
        let asking = async {
            let asked = self.ask_until_it_comes(request).await;
            enough.cancel();
            asked
        };
        let ((), asked) = tokio::join!(reading, asking);
        asked?;
        self.bus.destroy_group(RESENT, self.group).await?;
        Ok(())
    }

    async fn ask_until_it_comes(&self, request: &str) -> Result<()> {
        let mut status = self.index.status();
        let (mut silence, mut ask_at, mut parts) = (SILENCE, Instant::now(), 0);
        loop {
            let now = self::request(&status.borrow_and_update());
            if now.as_deref() != Some(request) {
                return self.everything_acknowledged().await;
            }
            tokio::select! {
                told = status.changed() => {
                    if told.is_err() {
                        return Ok(());
                    }
                    let heard = status.borrow().filling.as_ref().map_or(0, |filling| filling.parts);
                    if heard != parts {
                        (parts, ask_at) = (heard, Instant::now() + silence);
                    }
                }
                () = sleep_until(ask_at) => {
                    self.ask(request).await?;
                    ask_at = Instant::now() + silence;
                    silence = (silence * 2).min(LONGEST_SILENCE);
                }
            }
        }
    }

    /// Requests the catalogue. Two messages of one request have it sent once.
    async fn ask(&self, request: &str) -> Result<()> {
        let resend = ResendProducts { to: Some("search".to_owned()), request: Some(request.to_owned()) };
        let txn = self.db.begin().await?;
        txn.send(COMMANDS, &encode(request, &CatalogCommand::ResendProducts(resend))?).await?;
        Ok(txn.commit().await?)
    }

    /// Waits until the last messages are acknowledged.
    async fn everything_acknowledged(&self) -> Result<()> {
        let until = Instant::now() + FAREWELL;
        while Instant::now() < until && self.bus.lag(RESENT, self.group).await? != Lag::default() {
            sleep(LOOK_AGAIN).await;
        }
        Ok(())
    }
}

fn request(status: &watch::Ref<'_, IndexStatus>) -> Option<String> {
    status.filling.as_ref().map(|filling| filling.request.clone())
}
