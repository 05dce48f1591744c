//! What something costs, part by part.

use serde::{Deserialize, Serialize};
use vocab::{Money, MoneyError};

/// What a cart or an order costs. A cart knows neither delivery nor tax yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    pub subtotal: Money,
    pub discount: Money,
    pub shipping: Option<Money>,
    /// None where prices contain it.
    pub tax: Option<Money>,
    pub total: Money,
}

impl Cost {
    /// Prices contain tax, and there are no discounts yet.
    pub fn try_new(subtotal: Money, shipping: Option<Money>) -> Result<Self, MoneyError> {
        let total = shipping.map_or(Ok(subtotal), |shipping| subtotal.plus(shipping))?;
        Ok(Self { subtotal, discount: Money::zero(subtotal.currency), shipping, tax: None, total })
    }
}

#[cfg(test)]
mod tests {
    use vocab::CurrencyCode;

    use super::*;

    #[test]
    fn the_total_is_the_sum_of_its_parts() {
        let usd = |minor| Money::new(minor, CurrencyCode::USD);
        let cost = Cost::try_new(usd(9_990), Some(usd(500))).expect("one currency");
        assert_eq!(cost.total, usd(10_490));
        assert!(Cost::try_new(usd(1), Some(Money::new(1, CurrencyCode::EUR))).is_err());
    }
}
