//! A link to an order, for a guest who looks for it.

use vocab::{Email, OrderNumber};

/// What somebody says of the order that they look for.
pub(crate) struct LinkRequest {
    pub number: OrderNumber,
    pub email: Email,
    /// The network that they ask from, as far as it is known.
    pub client: Option<String>,
    /// In which language to write to them, as BCP 47 names it.
    pub language: Option<String>,
}

/// Links were asked for too often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooManyLinks {
    pub retry_after_seconds: u32,
}
