//! Messages that were in hand when a process ended. One of them may have ended it, and would end the next one too.
//!
//! The stream counts how often it has delivered each. Of those that were delivered before only one is in hand at a time, and each
//! attempt is written down before it begins: whoever comes next knows of it.

use redis::{AsyncCommands, RedisResult};

use super::dispatcher::{Dispatcher, Outcome};
use super::lanes::Delivery;
use crate::messaging::bus::suspects_key;

impl Dispatcher {
    pub(super) async fn suspect(&self, held: &mut Delivery) -> RedisResult<Outcome> {
        // A message may be on the stream twice. What is a dead letter is not tried again in its other place.
        if self.lies_already(&held.entry).await?.is_some() {
            return self.dead_letter(&held.entry, 0, "it lies there already").await;
        }
        let suspects = suspects_key(self.subscription.stream);
        let message = held.entry.get::<String>("id").unwrap_or_else(|| held.entry.id.clone());
        let field = format!("{}:{message}", self.subscription.group);
        let attempts: usize = self.bus.connection().hincr(&suspects, &field, 1).await?;
        let outcome = if attempts > self.subscription.patience.attempts {
            self.dead_letter(&held.entry, attempts - 1, "each process that handled it has ended in the middle").await?
        } else {
            self.attempt(held).await
        };
        if let Err(cause) = self.bus.connection().hdel::<_, _, ()>(&suspects, &field).await {
            tracing::warn!(%cause, entry = held.entry.id, "a message stays suspected, should it come again");
        }
        Ok(outcome)
    }
}
