//! Counts what a process has handled.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;

use super::{Consume, Message};
use crate::Result;

/// Handles as `handler` does, and counts the messages that were handled.
pub(crate) struct Counting<H> {
    pub handler: H,
    pub handled: Arc<AtomicU64>,
}

#[async_trait]
impl<H: Consume> Consume for Counting<H> {
    async fn consume(&self, message: &Message) -> Result<()> {
        self.handler.consume(message).await?;
        self.handled.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    async fn consume_together(&self, messages: &[Message]) -> Result<bool> {
        let done = self.handler.consume_together(messages).await?;
        if done {
            self.handled.fetch_add(messages.len() as u64, Ordering::Relaxed);
        }
        Ok(done)
    }
}
