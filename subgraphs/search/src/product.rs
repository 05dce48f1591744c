//! A product as the catalog tells of it, as far as it can be searched for.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use vocab::{CategoryId, CurrencyCode, Money, ProductId};

/// The body of `catalog.products_changed.v1`.
#[derive(Debug, Deserialize)]
pub struct ProductsChanged {
    pub products: Vec<Product>,
    /// None of a product that has changed.
    #[serde(default)]
    pub resend: Option<Part>,
}

/// Which part of the whole catalogue a message is, where it was asked for.
#[derive(Clone, Debug, Deserialize)]
pub struct Part {
    /// Tells the parts of one answer from those of another.
    pub run: String,
    /// Whose requests it answers.
    pub requests: Vec<String>,
    /// From nought on.
    pub part: u32,
    pub last: bool,
    /// How many products there are in all, as far as was known at the beginning.
    pub total: u64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Product {
    pub id: ProductId,
    pub slug: String,
    pub title: String,
    #[serde(default)]
    pub brand: Option<String>,
    #[serde(default)]
    pub description: String,
    /// From the root to the leaf.
    #[serde(default)]
    pub category_path: Vec<Category>,
    #[serde(default)]
    pub released_at: Option<NaiveDate>,
    #[serde(default)]
    pub attributes: Vec<Attribute>,
    /// Grows with each change.
    pub version: u64,
    #[serde(default)]
    pub removed: bool,
    #[serde(default)]
    pub variants: Vec<Variant>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Category {
    pub id: CategoryId,
    pub name: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Attribute {
    pub name: String,
    pub value: serde_json::Value,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Variant {
    pub sku: String,
    #[serde(default)]
    pub gtin: Option<String>,
    #[serde(default)]
    pub title: String,
    pub price: Money,
}

impl Product {
    /// The lowest price, in the currency of the first variant.
    pub fn price(&self) -> Option<Money> {
        let currency: CurrencyCode = self.variants.first()?.price.currency;
        let prices = self.variants.iter().map(|variant| variant.price).filter(|price| price.currency == currency);
        prices.min_by_key(|price| price.minor)
    }

    pub fn brand(&self) -> Option<&str> {
        self.brand.as_deref().map(str::trim).filter(|brand| !brand.is_empty())
    }
}

impl Attribute {
    /// What a shopper may type to find this. The name alone says it of a feature that is there, nothing of one that
    /// is not.
    pub fn text(&self) -> Option<String> {
        match &self.value {
            serde_json::Value::String(text) => Some(text.clone()),
            serde_json::Value::Number(number) => Some(number.to_string()),
            serde_json::Value::Bool(true) => Some(self.name.clone()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn product(variants: serde_json::Value) -> Product {
        let json = serde_json::json!({
            "id": "prod_a", "slug": "a", "title": "A", "version": 1, "variants": variants,
        });
        serde_json::from_value(json).expect("a product")
    }

    #[test]
    fn a_product_costs_what_its_cheapest_variant_costs() {
        let product = product(serde_json::json!([
            {"sku": "1", "price": {"minor": 900, "currency": "USD"}},
            {"sku": "2", "price": {"minor": 700, "currency": "USD"}},
            {"sku": "3", "price": {"minor": 100, "currency": "EUR"}},
        ]));
        assert_eq!(product.price(), Some(Money::new(700, CurrencyCode::USD)));
    }

    #[test]
    fn a_product_without_variants_has_no_price() {
        assert_eq!(product(serde_json::json!([])).price(), None);
    }

    #[test]
    fn a_feature_that_is_missing_is_not_found_by_its_name() {
        let attribute = |value| Attribute { name: "Bluetooth".into(), value };
        assert_eq!(attribute(true.into()).text().as_deref(), Some("Bluetooth"));
        assert_eq!(attribute(false.into()).text(), None);
    }
}
