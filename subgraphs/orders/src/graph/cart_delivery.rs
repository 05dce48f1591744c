//! How a shopper wants a cart delivered.

use async_graphql::SimpleObject;
use vocab::MoneyError;

use super::delivery_option::DeliveryOption;
use crate::cart::Cart;
use crate::delivery::DeliveryRate;

/// How the shopper wants the cart delivered.
#[derive(SimpleObject)]
pub struct CartDelivery {
    /// The country it goes to, as ISO 3166-1 alpha-2 names it: `US`.
    country: String,
    /// What `checkoutSubmit` takes as `shippingMethod`.
    method: String,
    /// What it costs now; null when it cannot be had any more: choose another.
    option: Option<DeliveryOption>,
}

impl CartDelivery {
    pub fn of(cart: &Cart, rates: &[DeliveryRate]) -> Result<Option<Self>, MoneyError> {
        let Some(chosen) = &cart.delivery else { return Ok(None) };
        let option = cart.rate(rates).map(|rate| DeliveryOption::try_new(cart, rate)).transpose()?;
        Ok(Some(Self { country: chosen.country.clone(), method: chosen.method.clone(), option }))
    }
}
