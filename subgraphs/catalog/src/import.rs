//! Categories and products as a catalogue file states them: what a line must say to be believed.
//!
//! The format is written down in `docs/import-format.md`. [`Store::import_categories`](crate::Store::import_categories)
//! and [`Store::import_products`](crate::Store::import_products) land what holds and say why the rest does not.

mod tidy;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use vocab::text::{self, Line, Paragraphs, TextFlaw};
use vocab::{CategoryId, Money, ProductId, VariantId};

use crate::events::Whole;
use crate::product::{
    Attribute, AttributeValue, Detail, Media, PriceRange, Product, ProductOption, Variant, featured_rank,
};

/// A category, as a file states it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CategoryLine {
    pub id: String,
    pub name: String,
    #[serde(default)]
    pub parent: Option<String>,
}

/// A product with its variants, as a file states it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProductLine {
    pub id: String,
    pub slug: String,
    pub title: String,
    #[serde(default)]
    pub brand: String,
    #[serde(default)]
    pub description: String,
    pub category: String,
    #[serde(default)]
    pub released_at: Option<NaiveDate>,
    #[serde(default)]
    pub attributes: Vec<Attribute>,
    #[serde(default)]
    pub media: Vec<Media>,
    #[serde(default)]
    pub options: Vec<ProductOption>,
    pub variants: Vec<VariantLine>,
}

/// A variant, as a file states it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VariantLine {
    pub id: String,
    pub sku: String,
    #[serde(default)]
    pub gtin: Option<String>,
    pub title: String,
    #[serde(default)]
    pub options: BTreeMap<String, String>,
    pub price: Money,
    #[serde(default)]
    pub compare_at: Option<Money>,
    #[serde(default)]
    pub weight_grams: Option<i32>,
    /// Units by location: the inventory's business, not the catalog's.
    #[serde(default, skip_serializing)]
    pub stock: BTreeMap<String, i64>,
}

/// What became of some lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// How many said something new.
    pub changed: usize,
    /// How many said what was known.
    pub unchanged: usize,
    /// Those that did not land, by their index among the lines, each with the reason.
    pub rejected: Vec<(usize, String)>,
}

/// An id as files write it: `[a-z0-9-]{1,64}`.
pub fn check_key(noun: &str, key: &str) -> Result<(), String> {
    let fits = (1..=64).contains(&key.len())
        && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if fits { Ok(()) } else { Err(format!("`{}` is no {noun} id: write 1 to 64 of a-z, 0-9 and -", shorten(key))) }
}

fn shorten(text: &str) -> String {
    text::shown(text, 80)
}

fn check_text(noun: &str, text: &str, most: usize) -> Result<(), String> {
    match Line::parse(text, most) {
        Ok(_) => Ok(()),
        Err(TextFlaw::Nothing) => Err(format!("the {noun} is empty")),
        Err(flaw) => Err(format!("the {noun} {flaw}")),
    }
}

/// Text of several lines that may be left out.
fn check_prose(noun: &str, text: &str) -> Result<(), String> {
    match Paragraphs::parse(text, 1, usize::MAX) {
        Ok(_) | Err(TextFlaw::Nothing) => Ok(()),
        Err(flaw) => Err(format!("the {noun} {flaw}")),
    }
}

/// A slug as files write it: `[a-z0-9-]{1,200}`.
pub fn is_slug(text: &str) -> bool {
    (1..=200).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

impl CategoryLine {
    pub(crate) fn check(&self) -> Result<(), String> {
        check_key("category", &self.id)?;
        if let Some(parent) = &self.parent {
            check_key("category", parent)?;
        }
        check_text("name", &self.name, 200)
    }
}

impl ProductLine {
    pub fn product_id(&self) -> ProductId {
        ProductId::of_key(&self.id)
    }

    /// The first thing that is wrong with this line on its own.
    pub fn check(&self) -> Result<(), String> {
        check_key("product", &self.id)?;
        check_key("category", &self.category)?;
        self.check_slug()?;
        check_text("title", &self.title, 500)?;
        check_prose("brand", &self.brand)?;
        check_prose("description", &self.description)?;
        for attribute in &self.attributes {
            check_prose("name of an attribute", &attribute.name)?;
            if let AttributeValue::Text(value) = &attribute.value {
                check_prose("value of an attribute", value)?;
            }
        }
        for media in &self.media {
            check_prose("description of a picture", media.alt.as_deref().unwrap_or_default())?;
            if !media.url.starts_with("https://") || media.url.contains(char::is_control) {
                return Err(format!("the picture `{}` is not at an https:// address", shorten(&media.url)));
            }
        }
        self.check_options()?;
        self.check_variants()
    }

    fn check_slug(&self) -> Result<(), String> {
        if is_slug(&self.slug) {
            Ok(())
        } else {
            Err(format!("`{}` is no slug: write 1 to 200 of a-z, 0-9 and -", shorten(&self.slug)))
        }
    }

    fn check_options(&self) -> Result<(), String> {
        let mut names = BTreeSet::new();
        for option in &self.options {
            if !names.insert(&option.name) {
                return Err(format!("the option `{}` is listed twice", shorten(&option.name)));
            }
            check_text("name of an option", &option.name, 500)?;
            for value in &option.values {
                check_text("value of an option", value, 500)?;
            }
            if option.values.is_empty() {
                return Err(format!("the option `{}` has no values", shorten(&option.name)));
            }
        }
        Ok(())
    }

    fn check_variants(&self) -> Result<(), String> {
        let first = self.variants.first().ok_or("a product needs at least one variant")?;
        let currency = first.price.currency.in_use().map_err(|unknown| unknown.to_string())?;
        let (mut ids, mut choices) = (BTreeSet::new(), BTreeSet::new());
        for variant in &self.variants {
            variant.check()?;
            let prices = [Some(variant.price), variant.compare_at];
            if let Some(other) = prices.iter().flatten().find(|price| price.currency != currency) {
                return Err(format!("prices are in {currency} and in {}: one product, one currency", other.currency));
            }
            if !ids.insert(&variant.id) {
                return Err(format!("the variant `{}` is listed twice", variant.id));
            }
            if !choices.insert(&variant.options) {
                return Err(format!("the variant `{}` has the options of another", variant.id));
            }
            self.check_choice(variant)?;
        }
        Ok(())
    }

    /// A variant chooses one of the listed values for each option of its product.
    fn check_choice(&self, variant: &VariantLine) -> Result<(), String> {
        for (name, value) in &variant.options {
            let option = self.options.iter().find(|option| option.name == *name);
            if !option.is_some_and(|option| option.values.contains(value)) {
                let (name, value) = (shorten(name), shorten(value));
                return Err(format!("the variant `{}` is `{value}` in `{name}`, which no option offers", variant.id));
            }
        }
        if variant.options.len() < self.options.len() {
            return Err(format!("the variant `{}` does not choose a value for each option", variant.id));
        }
        Ok(())
    }

    /// What these words amount to, to know them again. Stock is not among them.
    pub(crate) fn digest(&self) -> Result<String, serde_json::Error> {
        Ok(hex::encode(Sha256::digest(serde_json::to_vec(self)?)))
    }

    /// The product that a line which has been checked speaks of.
    pub(crate) fn whole(&self, version: i64) -> Option<Whole> {
        let id = self.product_id();
        let detail = Detail { description: self.description.clone(), attributes: self.attributes.clone() };
        let variants: Vec<Variant> = (0..).zip(&self.variants).map(|(at, line)| line.variant(&id, at)).collect();
        let product = Product {
            slug: self.slug.clone(),
            title: self.title.clone(),
            brand: self.brand.clone(),
            category: CategoryId::of_key(&self.category),
            released_on: self.released_at,
            media: self.media.clone(),
            options: self.options.clone(),
            prices: PriceRange::of(variants.iter().map(|variant| variant.price))?,
            rank: featured_rank(&id, &self.media, &detail),
            version,
            id,
        };
        Some(Whole { product, detail, variants })
    }
}

impl VariantLine {
    pub fn variant_id(&self) -> VariantId {
        VariantId::of_key(&self.id)
    }

    fn check(&self) -> Result<(), String> {
        check_key("variant", &self.id)?;
        check_text("SKU", &self.sku, 100)?;
        check_text("variant's title", &self.title, 500)?;
        check_prose("GTIN", self.gtin.as_deref().unwrap_or_default())?;
        if self.price.minor < 0 {
            return Err(format!("the variant `{}` has a negative price", self.id));
        }
        if self.compare_at.is_some_and(|compare_at| compare_at.minor < self.price.minor) {
            return Err(format!("the variant `{}` compares with a price below its own", self.id));
        }
        if self.weight_grams.is_some_and(|grams| grams < 0) {
            return Err(format!("the variant `{}` has a negative weight", self.id));
        }
        let below_zero = self.stock.iter().find(|(_, units)| **units < 0);
        below_zero.map_or(Ok(()), |(location, _)| {
            Err(format!("the variant `{}` has less than nothing in stock at `{}`", self.id, shorten(location)))
        })
    }

    fn variant(&self, product: &ProductId, position: i32) -> Variant {
        Variant {
            id: self.variant_id(),
            product: product.clone(),
            position,
            sku: self.sku.clone(),
            gtin: self.gtin.clone(),
            title: self.title.clone(),
            options: self.options.clone(),
            price: self.price,
            compare_at: self.compare_at,
            weight_grams: self.weight_grams,
        }
    }
}
