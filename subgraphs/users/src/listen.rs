//! What users hears of other subgraphs.

use async_trait::async_trait;
use kit::audit::{AuditEvent, RECORDED};
use kit::messaging::{Message, MessageHandler};
use kit::{Failure, Result};

use crate::account_emails::{AccountEmails, OrderLink};
use crate::store::Store;

/// What the rest of the shop asks of users.
pub const COMMANDS: &str = "users.commands";

const SEND_ORDER_LINK: &str = "mail.order_link.v2";

/// Hears what staff does anywhere in the shop.
pub struct AuditEvents(pub Store);

#[async_trait]
impl MessageHandler for AuditEvents {
    async fn handle(&self, message: &Message) -> Result<()> {
        if message.kind != RECORDED {
            return Ok(());
        }
        let deed: AuditEvent = message.read()?;
        self.0.hear_of_deed(message, &deed).await
    }
}

/// Writes the mails that others want written.
pub struct Commands(pub AccountEmails);

#[async_trait]
impl MessageHandler for Commands {
    async fn handle(&self, message: &Message) -> Result<()> {
        if message.kind != SEND_ORDER_LINK {
            return Err(Failure::fault(anyhow::anyhow!("users does not know the command `{}`", message.kind)));
        }
        // The cause stays out of the log: it may quote an address.
        let link: OrderLink = message
            .read()
            .map_err(|_quotes| Failure::fault(anyhow::anyhow!("the body of a `{}` does not fit", message.kind)))?;
        self.0.send_order_link(message, &link).await
    }
}
