//! A way to have a cart delivered.

use async_graphql::SimpleObject;
use vocab::{Money, MoneyError};

use crate::cart::Cart;
use crate::delivery::DeliveryRate;

/// A way to have the cart delivered.
#[derive(SimpleObject)]
pub struct DeliveryOption {
    /// What `checkoutSubmit` takes as `shippingMethod`.
    method: String,
    /// What to call it.
    name: String,
    /// What delivery costs.
    price: Money,
    /// What the whole cart costs with this delivery: the `expectedTotal` of `checkoutSubmit`.
    total: Money,
    /// The fewest days that it takes.
    min_days: i32,
    /// The most days that it takes.
    max_days: i32,
}

impl DeliveryOption {
    pub fn try_new(cart: &Cart, rate: &DeliveryRate) -> Result<Self, MoneyError> {
        Ok(Self {
            method: rate.method.clone(),
            name: rate.name.clone(),
            price: rate.price,
            total: cart.cost()?.total.plus(rate.price)?,
            min_days: i32::try_from(rate.min_days).unwrap_or(i32::MAX),
            max_days: i32::try_from(rate.max_days).unwrap_or(i32::MAX),
        })
    }
}
