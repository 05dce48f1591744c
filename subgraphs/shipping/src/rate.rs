//! What delivery costs.

use vocab::Money;

/// What a parcel of up to a weight costs to a country by a method, and how long it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rate {
    pub method: String,
    pub name: String,
    pub country: String,
    pub max_weight_grams: i32,
    pub price: Money,
    pub min_days: i32,
    pub max_days: i32,
}

/// The first bracket that holds the weight. `brackets` ascend by weight.
pub fn bracket(brackets: &[Rate], weight_grams: i64) -> Option<&Rate> {
    brackets.iter().find(|rate| i64::from(rate.max_weight_grams) >= weight_grams)
}

#[cfg(test)]
mod tests {
    use vocab::CurrencyCode;

    use super::*;

    #[test]
    fn a_parcel_pays_for_the_first_bracket_that_holds_it() {
        let rate = |grams: i32| Rate {
            method: "standard".to_owned(),
            name: "Standard".to_owned(),
            country: "US".to_owned(),
            max_weight_grams: grams,
            price: Money::new(i64::from(grams), CurrencyCode::USD),
            min_days: 3,
            max_days: 5,
        };
        let brackets = [rate(1000), rate(5000)];
        let holds = |grams| bracket(&brackets, grams).map(|rate| rate.max_weight_grams);
        assert_eq!([holds(0), holds(1000), holds(1001), holds(5001)], [Some(1000), Some(1000), Some(5000), None]);
    }
}
