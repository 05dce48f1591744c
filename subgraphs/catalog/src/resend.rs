//! Sends every product again, to whoever keeps a copy and may lack some of it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use kit::messaging::{Bus, Message, MessageHandler};
use kit::{Failure, Result};
use serde::Deserialize;
use tokio::sync::Notify;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::Store;
use crate::events::STREAM;
use crate::store::Step;

const RESEND_PRODUCTS: &str = "catalog.resend_products.v1";
/// Requests that come within this are answered together.
const GATHER: Duration = Duration::from_secs(1);
/// How long a request may lie of which another process was told.
const LOOK: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(50);
/// A replica that asked and shows no life for so long holds up nobody who asked beside it.
const GONE: Duration = Duration::from_secs(120);
const LONGEST_ROLE: usize = 40;

/// The body of `catalog.resend_products.v1`.
#[derive(Deserialize)]
struct Request {
    /// The role that asks, which hears the answer on a stream of its own. None of a release that did not say: it hears it
    /// among the changes.
    #[serde(default)]
    to: Option<String>,
    /// In whose name. Asked twice in one, it is answered once.
    #[serde(default)]
    request: Option<String>,
}

impl Request {
    fn stream(&self) -> Result<String> {
        let Some(role) = &self.to else { return Ok(STREAM.to_owned()) };
        let well_formed =
            !role.is_empty() && role.len() <= LONGEST_ROLE && role.bytes().all(|b| b.is_ascii_lowercase());
        match well_formed {
            true => Ok(format!("catalog.resent.{role}")),
            false => Err(Failure::fault(anyhow::anyhow!(
                "`to` is the name of no role: small letters, at most {LONGEST_ROLE}"
            ))),
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
        if message.kind != RESEND_PRODUCTS {
            let other = &message.kind;
            return Err(Failure::fault(anyhow::anyhow!("`{other}` is no command of the catalog")));
        }
        let request: Request = message.read()?;
        let stream = request.stream()?;
        let name = request.request.unwrap_or_else(|| message.id.to_string());
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
                    Step::Waits if stream != STREAM => drop(self.bus.expire_groups(stream, GONE).await?),
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
