//! Counts what a process has handled, and given up.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;

use super::{Consume, GivenUp, Message};
use crate::Result;

/// Handles as `handler` does, and counts what becomes of messages.
pub(crate) struct Counting<H> {
    pub handler: H,
    pub counts: Arc<Counts>,
}

/// How many messages a process has handled, laid among the dead, and dropped from there for their age.
#[derive(Default)]
pub(crate) struct Counts {
    pub handled: AtomicU64,
    pub buried: AtomicU64,
    pub dropped: AtomicU64,
}

#[async_trait]
impl<H: Consume> Consume for Counting<H> {
    async fn consume(&self, message: &Message) -> Result<()> {
        self.handler.consume(message).await?;
        self.counts.handled.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    async fn consume_together(&self, messages: &[Message]) -> Result<bool> {
        let done = self.handler.consume_together(messages).await?;
        if done {
            self.counts.handled.fetch_add(messages.len() as u64, Ordering::Relaxed);
        }
        Ok(done)
    }

    async fn group_is_new(&self) -> Result<()> {
        self.handler.group_is_new().await
    }

    fn gave_up(&self, what: GivenUp) {
        match what {
            GivenUp::Buried => self.counts.buried.fetch_add(1, Ordering::Relaxed),
            GivenUp::Dropped(count) => self.counts.dropped.fetch_add(count as u64, Ordering::Relaxed),
        };
    }
}
