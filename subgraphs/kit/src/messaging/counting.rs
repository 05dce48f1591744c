//! Counts what a process has handled, and given up.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;

use super::{DeadLettering, Message, MessageHandler};
use crate::Result;

/// Handles as `handler` does, and counts what becomes of messages.
pub(crate) struct CountingHandler<H> {
    pub handler: H,
    pub counts: Arc<Counts>,
}

/// How many messages a process has handled, dead-lettered, and dropped from there for their age.
#[derive(Default)]
pub(crate) struct Counts {
    pub handled: AtomicU64,
    pub dead_lettered: AtomicU64,
    pub dropped: AtomicU64,
}

#[async_trait]
impl<H: MessageHandler> MessageHandler for CountingHandler<H> {
    async fn handle(&self, message: &Message) -> Result<()> {
        self.handler.handle(message).await?;
        self.counts.handled.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    async fn handle_batch(&self, messages: &[Message]) -> Result<bool> {
        let done = self.handler.handle_batch(messages).await?;
        if done {
            self.counts.handled.fetch_add(messages.len() as u64, Ordering::Relaxed);
        }
        Ok(done)
    }

    async fn group_created(&self) -> Result<()> {
        self.handler.group_created().await
    }

    fn on_dead_letter(&self, what: DeadLettering) {
        match what {
            DeadLettering::Added => self.counts.dead_lettered.fetch_add(1, Ordering::Relaxed),
            DeadLettering::Expired(count) => self.counts.dropped.fetch_add(count as u64, Ordering::Relaxed),
        };
    }
}
