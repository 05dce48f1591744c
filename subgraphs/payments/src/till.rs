//! Follows commands to their answers, by way of the gateway: see [`kit::external_command`]. Commands that wait together are followed
//! side by side.

mod asking;
mod following;
mod opening;

use std::collections::HashSet;
use std::sync::Arc;

use async_trait::async_trait;
use kit::messaging::{Message, MessageHandler};
use kit::{Result, errand};

use crate::Store;
use crate::gateway::Gateway;
use crate::message::Asked;

pub struct Till {
    store: Store,
    gateway: Arc<dyn Gateway>,
}

#[async_trait]
impl MessageHandler for Till {
    async fn handle(&self, message: &Message) -> Result<()> {
        self.follow(vec![Asked::read(message)?]).await
    }

    /// Commands of one order take their turns.
    async fn handle_batch(&self, messages: &[Message]) -> Result<bool> {
        let asked = messages.iter().map(Asked::read).collect::<Result<Vec<_>>>()?;
        let orders: HashSet<&str> = asked.iter().map(|one| one.order_id().as_str()).collect();
        if orders.len() < asked.len() {
            return Ok(false);
        }
        self.follow(asked).await.map(|()| true)
    }
}

impl Till {
    pub fn new(store: Store, gateway: Arc<dyn Gateway>) -> Self {
        Self { store, gateway }
    }

    /// Follows commands of different orders to their ends.
    async fn follow(&self, asked: Vec<Asked>) -> Result<()> {
        let errands = self.begin(asked).await?;
        external_command::drive(self, errands).await
    }
}
