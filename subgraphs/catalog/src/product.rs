//! A product, the variants in which it is sold, and what is said about it.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use vocab::{CategoryId, Money, ProductId, VariantId};

/// What a list of products needs to know of one.
#[derive(Clone, Debug, PartialEq)]
pub struct Product {
    pub id: ProductId,
    pub slug: String,
    pub title: String,
    /// Empty when nobody put a name on it.
    pub brand: String,
    pub category: CategoryId,
    pub released_on: Option<NaiveDate>,
    pub media: Vec<Media>,
    pub options: Vec<ProductOption>,
    pub prices: PriceRange,
    /// Its place among the featured: the smallest comes first.
    pub rank: i64,
    /// Grows with each change.
    pub version: i64,
}

/// What only a product's own page needs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Detail {
    pub description: String,
    pub attributes: Vec<Attribute>,
}

/// One way in which a product is sold.
#[derive(Clone, Debug, PartialEq)]
pub struct Variant {
    pub id: VariantId,
    pub product: ProductId,
    pub position: i32,
    pub sku: String,
    pub gtin: Option<String>,
    pub title: String,
    pub options: BTreeMap<String, String>,
    pub price: Money,
    pub compare_at: Option<Money>,
    pub weight_grams: Option<i32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceRange {
    pub min: Money,
    pub max: Money,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Media {
    pub url: String,
    #[serde(default)]
    pub alt: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProductOption {
    pub name: String,
    pub values: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attribute {
    pub name: String,
    pub value: AttributeValue,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum AttributeValue {
    Boolean(bool),
    Number(f64),
    Text(String),
}

impl AttributeValue {
    /// The value as a shopper reads it.
    pub fn shown(&self) -> String {
        match self {
            Self::Boolean(true) => "Yes".to_owned(),
            Self::Boolean(false) => "No".to_owned(),
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.clone(),
        }
    }
}

impl PriceRange {
    /// From the lowest to the highest; none without a price.
    pub fn of(prices: impl IntoIterator<Item = Money>) -> Option<Self> {
        let mut prices = prices.into_iter();
        let first = prices.next()?;
        let range = prices.fold(Self { min: first, max: first }, |range, price| Self {
            min: if price.minor < range.min.minor { price } else { range.min },
            max: if price.minor > range.max.minor { price } else { range.max },
        });
        Some(range)
    }
}

/// A product's place among the featured: those that can be shown best come first, and equals are mixed, so that one
/// maker does not fill the first page. Depends on nothing but the product.
pub fn featured_rank(id: &ProductId, media: &[Media], detail: &Detail) -> i64 {
    let merits = [!media.is_empty(), !detail.description.trim().is_empty(), detail.attributes.len() >= 3];
    let weights = [4, 2, 1];
    let score: i64 = merits.iter().zip(weights).filter_map(|(&merit, weight)| merit.then_some(weight)).sum();
    let digest = Sha256::digest(id.as_str().as_bytes());
    let mixed = u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]);
    ((7 - score) << 32) | i64::from(mixed)
}

/// Options in one canonical line, whatever order they come in. No two sets of options share one.
pub fn choice<'a>(options: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let sorted: BTreeMap<&str, &str> = options.into_iter().collect();
    if sorted.is_empty() {
        return String::new();
    }
    serde_json::to_string(&sorted).expect("a map of texts is plain data")
}

#[cfg(test)]
mod tests {
    use vocab::CurrencyCode;

    use super::*;

    #[test]
    fn a_price_range_spans_all_variants() {
        let range = PriceRange::of([500, 300, 900].map(|minor| Money::new(minor, CurrencyCode::USD)));
        let range = range.expect("three prices");
        assert_eq!((range.min.minor, range.max.minor), (300, 900));
        assert_eq!(PriceRange::of([]), None);
    }

    #[test]
    fn a_choice_does_not_depend_on_the_order_of_its_options() {
        let one = choice([("Size", "S"), ("Color", "Red")]);
        assert_eq!(one, choice([("Color", "Red"), ("Size", "S")]));
        assert_ne!(choice([("a", "b=c")]), choice([("a=b", "c")]));
        assert_eq!(choice([]), "");
    }

    #[test]
    fn a_product_with_a_picture_is_featured_before_one_without() {
        let media = [Media { url: "https://example.com/1.jpg".to_owned(), alt: None }];
        let detail = Detail { description: "Good.".to_owned(), attributes: Vec::new() };
        for key in ["a", "b", "c", "d"] {
            let id = ProductId::of_key(key);
            assert!(featured_rank(&id, &media, &detail) < featured_rank(&id, &[], &detail));
        }
    }

    #[test]
    fn a_number_is_shown_without_a_needless_fraction() {
        assert_eq!(AttributeValue::Number(17.0).shown(), "17");
        assert_eq!(AttributeValue::Number(15.6).shown(), "15.6");
    }
}
