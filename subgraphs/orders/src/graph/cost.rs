//! What a cart or an order costs.

use async_graphql::SimpleObject;
use vocab::Money;

/// What a cart or an order costs, part by part.
#[derive(SimpleObject)]
#[graphql(shareable)]
pub struct Cost {
    /// The sum of the lines.
    subtotal: Money,
    /// What is taken off the subtotal.
    discount: Money,
    /// The price of delivery; null while it is not chosen.
    shipping: Option<Money>,
    /// The tax on top of the prices; null where prices contain it.
    tax: Option<Money>,
    /// What is to be paid, as far as it is known.
    total: Money,
    /// Whether parts are still open: true for a cart, false for an order.
    estimated: bool,
}

impl Cost {
    pub fn of(cost: crate::cost::Cost, estimated: bool) -> Self {
        let crate::cost::Cost { subtotal, discount, shipping, tax, total } = cost;
        Self { subtotal, discount, shipping, tax, total, estimated }
    }
}
