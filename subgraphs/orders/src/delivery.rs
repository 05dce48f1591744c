//! What delivery costs: by country, method and weight, as shipping last said.

use vocab::{CountryCode, CurrencyCode, Money};

use crate::shopper_error::ShopperError;

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

/// Why nothing is delivered as somebody wants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoDelivery {
    /// Nothing at all goes there.
    There,
    /// Nothing of this weight goes there.
    TooHeavy,
    /// Other methods do.
    ByThisMethod,
}

impl NoDelivery {
    /// A refusal that points at what must be another: the country at `where_to`, or the method at `how`.
    pub fn refusal(self, country: &str, where_to: &[&str], how: &[&str]) -> ShopperError {
        let name = CountryCode::parse(country).map_or(country, |country| country.name());
        let (message, path) = match self {
            Self::There => ("we do not deliver there. Choose another address.", where_to),
            Self::TooHeavy => ("this cart is too heavy to be delivered there. Take something out.", &["cartId"][..]),
            Self::ByThisMethod => ("this cart is not delivered there in this way. Choose another.", how),
        };
        let path = path.iter().map(|&step| step.to_owned()).collect();
        ShopperError::ShippingRefused { message: format!("{name}: {message}"), path }
    }
}

/// What it costs to deliver a weight as somebody wants it.
pub fn find<'a>(
    rates: &'a [DeliveryRate],
    wanted: &Delivery,
    weight_grams: u64,
    currency: CurrencyCode,
) -> Result<&'a DeliveryRate, NoDelivery> {
    let there = |rate: &DeliveryRate| rate.country == wanted.country && rate.price.currency == currency;
    if !rates.iter().any(there) {
        return Err(NoDelivery::There);
    }
    let options: Vec<_> = options(rates, weight_grams, currency).into_iter().filter(|rate| there(rate)).collect();
    let found = options.iter().find(|rate| rate.method == wanted.method).copied();
    found.ok_or(if options.is_empty() { NoDelivery::TooHeavy } else { NoDelivery::ByThisMethod })
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
    fn what_is_not_delivered_points_at_what_stands_in_the_way() {
        let rates = [rate("standard", 1_000, 500), rate("express", 5_000, 1_500)];
        let find = |country: &str, method: &str, weight| {
            let wanted = Delivery { country: country.into(), method: method.into() };
            let none = find(&rates, &wanted, weight, CurrencyCode::USD).map(|rate| rate.price.minor);
            none.map_err(|none| match none.refusal(country, &["address", "country"], &["method"]) {
                ShopperError::ShippingRefused { message, path } => (message, path.join(".")),
                other => panic!("{other:?}"),
            })
        };
        let refused = |message: &str, path: &str| Err((message.to_owned(), path.to_owned()));
        assert_eq!(find("US", "standard", 1_000), Ok(500));
        for method in ["standard", "drone"] {
            let message = "Brazil: we do not deliver there. Choose another address.";
            assert_eq!(find("BR", method, 10), refused(message, "address.country"));
            let message = "United States: this cart is too heavy to be delivered there. Take something out.";
            assert_eq!(find("US", method, 5_001), refused(message, "cartId"));
        }
        let message = "United States: this cart is not delivered there in this way. Choose another.";
        assert_eq!(find("US", "standard", 1_001), refused(message, "method"));
        assert_eq!(find("US", "drone", 10), refused(message, "method"));
    }

    #[test]
    fn a_price_in_another_currency_is_no_option() {
        assert!(options(&[rate("standard", 1_000, 500)], 10, CurrencyCode::EUR).is_empty());
    }
}
