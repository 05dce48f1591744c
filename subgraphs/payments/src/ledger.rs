//! Double entry: money never appears or vanishes, it moves between accounts.

use vocab::{Money, OrderId};

/// Where money stands. Every event moves the whole amount from one account to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Account {
    /// The shopper's own. Negative by what we hold or have.
    Shopper,
    /// Authorized: reserved on the card, not ours yet.
    Held,
    /// Ours.
    Captured,
    /// Given back, as a negative amount: `captured + refunded + settled` is what the shop holds.
    Refunded,
    /// Given back past the gateway, as a negative amount.
    Settled,
    /// What confirmed orders come to. Where nobody is on the way it equals `captured + refunded + settled`.
    Owed,
    /// What was sold. Negative by what is owed.
    Sales,
}

impl Account {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Shopper => "shopper",
            Self::Held => "held",
            Self::Captured => "captured",
            Self::Refunded => "refunded",
            Self::Settled => "settled",
            Self::Owed => "owed",
            Self::Sales => "sales",
        }
    }
}

/// An event on the books: `amount` leaves one account and arrives on another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posting {
    pub event: &'static str,
    pub from: Account,
    pub to: Account,
}

impl Posting {
    pub const fn new(event: &'static str, from: Account, to: Account) -> Self {
        Self { event, from, to }
    }

    /// The signed amounts, which sum to zero.
    pub fn entries(self, amount: Money) -> [(Account, i64); 2] {
        [(self.from, -amount.minor), (self.to, amount.minor)]
    }
}

/// An event on the books of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    pub order_id: OrderId,
    pub posting: Posting,
    pub amount: Money,
}
