//! What delivery costs: by country, method and weight, as shipping last said.

use vocab::{CurrencyCode, Money};

/// The weight that is assumed of a unit whose weight nobody told.
pub const ASSUMED_GRAMS: u32 = 500;

/// How a shopper wants a cart delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub country: String,
    pub method: String,
}

/// What one method costs for parcels up to a weight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryRate {
    pub country: String,
    pub method: String,
    pub name: String,
    pub max_weight_grams: u32,
    pub price: Money,
    pub min_days: u32,
    pub max_days: u32,
}

/// Of each method the lightest bracket that holds the weight, the cheapest first.
pub fn options(rates: &[DeliveryRate], weight_grams: u64, currency: CurrencyCode) -> Vec<&DeliveryRate> {
    let mut chosen: Vec<&DeliveryRate> = Vec::new();
    for rate in rates {
        if rate.price.currency != currency || u64::from(rate.max_weight_grams) < weight_grams {
            continue;
        }
        match chosen.iter_mut().find(|so_far| so_far.method == rate.method) {
            Some(so_far) if rate.max_weight_grams < so_far.max_weight_grams => *so_far = rate,
            Some(_) => {}
            None => chosen.push(rate),
        }
    }
    chosen.sort_by(|a, b| (a.price.minor, &a.method).cmp(&(b.price.minor, &b.method)));
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(method: &str, max_weight_grams: u32, minor: i64) -> DeliveryRate {
        DeliveryRate {
            country: "US".into(),
            method: method.into(),
            name: method.to_uppercase(),
            max_weight_grams,
            price: Money::new(minor, CurrencyCode::USD),
            min_days: 1,
            max_days: 2,
        }
    }

    #[test]
    fn each_method_is_priced_by_the_lightest_bracket_that_holds_the_weight() {
        let rates = [rate("standard", 5_000, 900), rate("standard", 1_000, 500), rate("express", 1_000, 1_500)];
        let prices = |weight| -> Vec<(&str, i64)> {
            let options = options(&rates, weight, CurrencyCode::USD);
            options.iter().map(|rate| (rate.method.as_str(), rate.price.minor)).collect()
        };
        assert_eq!(prices(1_000), [("standard", 500), ("express", 1_500)]);
        assert_eq!(prices(1_001), [("standard", 900)]);
        assert_eq!(prices(5_001), []);
    }

    #[test]
    fn a_price_in_another_currency_is_no_option() {
        assert!(options(&[rate("standard", 1_000, 500)], 10, CurrencyCode::EUR).is_empty());
    }
}
