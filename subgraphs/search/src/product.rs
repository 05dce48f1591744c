//! A product as the catalog tells of it, as far as it can be searched for.

use chrono::NaiveDate;
use vocab::{CurrencyCode, Money, ProductId};

pub use contracts::catalog::{Attribute, Category, ResendPart as Part, Variant};

#[derive(Clone, Debug)]
pub struct Product {
    pub id: ProductId,
    pub slug: String,
    pub title: String,
    pub brand: String,
    pub description: String,
    /// From the root to the leaf.
    pub category_path: Vec<Category>,
    pub released_at: Option<NaiveDate>,
    pub attributes: Vec<Attribute>,
    /// Grows with each change.
    pub version: u64,
    pub removed: bool,
    pub variants: Vec<Variant>,
}

impl From<contracts::catalog::Product> for Product {
    fn from(product: contracts::catalog::Product) -> Self {
        let contracts::catalog::Product { id, slug, title, brand, description, category_path, .. } = product;
        let contracts::catalog::Product { released_at, attributes, version, removed, variants, .. } = product;
        let version = u64::try_from(version).unwrap_or_default();
        Self { id, slug, title, brand, description, category_path, released_at, attributes, version, removed, variants }
    }
}

impl Product {
    /// The lowest price, in the currency of the first variant.
    pub fn price(&self) -> Option<Money> {
        let currency: CurrencyCode = self.variants.first()?.price.currency;
        let prices = self.variants.iter().map(|variant| variant.price).filter(|price| price.currency == currency);
        prices.min_by_key(|price| price.minor)
    }

    pub fn brand(&self) -> Option<&str> {
        Some(self.brand.trim()).filter(|brand| !brand.is_empty())
    }
}

/// What a shopper may type to find an attribute. The name alone says it of a feature that is there, nothing of one that
/// is not.
pub fn attribute_text(attribute: &Attribute) -> Option<String> {
    match &attribute.value {
        serde_json::Value::String(text) => Some(text.clone()),
        serde_json::Value::Number(number) => Some(number.to_string()),
        serde_json::Value::Bool(true) => Some(attribute.name.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use vocab::VariantId;

    use super::*;

    fn product(prices: &[(i64, CurrencyCode)]) -> Product {
        let variants = prices.iter().map(|(minor, currency)| Variant {
            id: VariantId::of_key("a"),
            sku: "1".to_owned(),
            gtin: None,
            title: "A".to_owned(),
            options: BTreeMap::new(),
            price: Money::new(*minor, *currency),
            compare_at: None,
            weight_grams: None,
        });
        Product {
            id: ProductId::of_key("a"),
            slug: "a".to_owned(),
            title: "A".to_owned(),
            brand: String::new(),
            description: String::new(),
            category_path: Vec::new(),
            released_at: None,
            attributes: Vec::new(),
            version: 1,
            removed: false,
            variants: variants.collect(),
        }
    }

    #[test]
    fn a_product_costs_what_its_cheapest_variant_costs() {
        let (usd, eur) = (CurrencyCode::USD, CurrencyCode::parse("EUR").expect("a currency"));
        let product = product(&[(900, usd), (700, usd), (100, eur)]);
        assert_eq!(product.price(), Some(Money::new(700, CurrencyCode::USD)));
    }

    #[test]
    fn a_product_without_variants_has_no_price() {
        assert_eq!(product(&[]).price(), None);
    }

    #[test]
    fn a_feature_that_is_missing_is_not_found_by_its_name() {
        let attribute = |value| Attribute { name: "Bluetooth".into(), value };
        assert_eq!(attribute_text(&attribute(true.into())).as_deref(), Some("Bluetooth"));
        assert_eq!(attribute_text(&attribute(false.into())), None);
    }
}
