//! The shipment dispatcher handles shipping commands by way of the carrier, as external commands: see
//! [`kit::messaging::external_command`]. Commands that wait together are driven side by side.

mod carrier_calls;
mod driver;
mod opening;

use std::collections::HashSet;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::TimeDelta;
use kit::Result;
use kit::messaging::external_command;
use kit::messaging::{Message, MessageHandler};

use crate::Store;
use crate::carrier::Carrier;
use crate::message::Asked;

pub struct ShipmentDispatcher {
    store: Store,
    carrier: Arc<dyn Carrier>,
    track_every: TimeDelta,
}

#[async_trait]
impl MessageHandler for ShipmentDispatcher {
    async fn handle(&self, message: &Message) -> Result<()> {
        self.drive(vec![Asked::read(message)?]).await
    }

    /// Commands of one order are handled one after the other.
    async fn handle_batch(&self, messages: &[Message]) -> Result<bool> {
        let asked = messages.iter().map(Asked::read).collect::<Result<Vec<_>>>()?;
        let orders: HashSet<&str> = asked.iter().map(|one| one.order_id().as_str()).collect();
        if orders.len() < asked.len() {
            return Ok(false);
        }
        self.drive(asked).await.map(|()| true)
    }
}

impl ShipmentDispatcher {
    /// A parcel is looked at for the first time `track_every` after its booking.
    pub fn new(store: Store, carrier: Arc<dyn Carrier>, track_every: TimeDelta) -> Self {
        Self { store, carrier, track_every }
    }

    /// Drives commands of different orders until each is answered.
    async fn drive(&self, asked: Vec<Asked>) -> Result<()> {
        let commands = self.begin(asked).await?;
        external_command::drive(self, commands).await
    }
}
