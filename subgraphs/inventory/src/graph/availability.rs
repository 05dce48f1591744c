//! Whether something can be bought, and how much of it.

use async_graphql::{Enum, SimpleObject};
use chrono::{DateTime, Utc};

use crate::stock;

/// Whether something can be bought now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "stock::StockState")]
pub enum StockState {
    /// There is plenty.
    #[graphql(name = "IN_STOCK")]
    In,
    /// Ten units or fewer are left.
    #[graphql(name = "LOW_STOCK")]
    Low,
    /// Nothing is left that is not promised to somebody.
    #[graphql(name = "OUT_OF_STOCK")]
    Out,
}

/// How much of a variant can be bought, over all locations. Nothing is promised before an order is placed.
#[derive(SimpleObject)]
pub struct Availability {
    /// Whether it can be bought now.
    pub state: StockState,
    /// How many units are left, when it is ten or fewer; null when there are more.
    pub quantity: Option<i32>,
    /// The largest quantity to offer to a shopper in one order: what is left, and 10 at most. A cart takes no more than 10.
    pub max_per_order: i32,
    /// When this was so.
    pub as_of: DateTime<Utc>,
}

impl Availability {
    pub fn new(free: i64, as_of: DateTime<Utc>) -> Self {
        let units = |units: i64| i32::try_from(units).unwrap_or(i32::MAX);
        Self {
            state: stock::StockState::of(free).into(),
            quantity: stock::shown_quantity(free).map(units),
            max_per_order: units(stock::most_per_order(free)),
            as_of,
        }
    }
}
