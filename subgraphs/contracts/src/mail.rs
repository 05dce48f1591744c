//! Mails that users is asked to write.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use vocab::Email;

use crate::family::family;

family! {
    /// On `users.commands`.
    MailCommand {
        /// Send a link to an order to a guest who looks for it.
        OrderLink(OrderLink) = ORDER_LINK "mail.order_link.v2",
    }
}

/// Never printed whole: it holds somebody's address.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderLink {
    /// To nobody, nothing is sent: the message is there so that a stranger cannot tell by it whether there is an order.
    pub to: Option<Email>,
    /// Which link. What is mailed is what users states about it.
    pub link: String,
    /// As BCP 47 names it.
    pub language: Option<String>,
    pub expires_at: DateTime<Utc>,
}

impl fmt::Debug for OrderLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OrderLink").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}
