use async_graphql::Object;
use vocab::Money;

use crate::rate::Rate;

/// What a parcel of up to a weight costs to a country by a method, and how long it takes.
pub struct ShippingRate(pub Rate);

/// What a parcel of up to a weight costs to a country by a method, and how long it takes.
#[Object]
impl ShippingRate {
    /// The method, to be named at checkout: `standard`.
    async fn method(&self) -> &str {
        &self.0.method
    }

    /// The method's name, for people.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The country, as ISO 3166-1 alpha-2 names it.
    async fn country(&self) -> &str {
        &self.0.country
    }

    /// The heaviest parcel that this rate holds for, in grams.
    async fn max_weight_grams(&self) -> i32 {
        self.0.max_weight_grams
    }

    /// What the parcel costs.
    async fn price(&self) -> Money {
        self.0.price
    }

    /// The fewest days until the parcel arrives.
    async fn min_days(&self) -> i32 {
        self.0.min_days
    }

    /// The most days until the parcel arrives, as far as the carrier promises.
    async fn max_days(&self) -> i32 {
        self.0.max_days
    }
}
