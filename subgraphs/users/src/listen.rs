//! What users hears of other subgraphs.

use async_trait::async_trait;
use kit::Result;
use kit::audit::{Deed, RECORDED};
use kit::message::{Consume, Message};

use crate::store::Store;

/// Hears what staff does anywhere in the shop.
pub struct AuditEvents(pub Store);

#[async_trait]
impl Consume for AuditEvents {
    async fn consume(&self, message: &Message) -> Result<()> {
        if message.kind != RECORDED {
            return Ok(());
        }
        let deed: Deed = message.read()?;
        self.0.hear_of_deed(message, &deed).await
    }
}
