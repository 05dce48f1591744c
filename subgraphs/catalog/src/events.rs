//! What the catalog tells the other subgraphs.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use kit::messaging::Message;
use kit::{Result, Txn};
use serde::Serialize;
use vocab::{CategoryId, Money};

use crate::category::Category;
use crate::product::{Attribute, Detail, Product, Variant};

pub const STREAM: &str = "catalog.events";
pub const PRODUCTS_CHANGED: &str = "catalog.products_changed.v1";
/// How many products one message tells of at most.
pub const PRODUCTS_PER_MESSAGE: usize = 200;

#[derive(Serialize)]
struct ProductsChanged<'a> {
    products: Vec<ChangedProduct<'a>>,
    /// None of a product that has changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    resend: Option<&'a Part>,
}

/// Which part of the whole catalogue a message is.
#[derive(Debug, Serialize)]
pub struct Part {
    /// Tells the parts of one answer from those of another.
    pub run: String,
    /// Whose requests it answers.
    pub requests: Vec<String>,
    /// From nought on.
    pub part: i32,
    pub last: bool,
    /// How many products there were when it began.
    pub total: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ChangedProduct<'a> {
    id: &'a str,
    slug: &'a str,
    title: &'a str,
    brand: &'a str,
    description: &'a str,
    category_id: &'a str,
    category_path: Vec<CategoryStep<'a>>,
    released_at: Option<NaiveDate>,
    attributes: &'a [Attribute],
    media_url: Option<&'a str>,
    version: i64,
    removed: bool,
    variants: Vec<ChangedVariant<'a>>,
}

#[derive(Serialize)]
struct CategoryStep<'a> {
    id: &'a str,
    name: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ChangedVariant<'a> {
    id: &'a str,
    sku: &'a str,
    gtin: Option<&'a str>,
    title: &'a str,
    options: &'a BTreeMap<String, String>,
    price: Money,
    compare_at: Option<Money>,
    weight_grams: Option<i32>,
}

/// A product with everything that is told of it.
pub struct Whole {
    pub product: Product,
    pub detail: Detail,
    pub variants: Vec<Variant>,
}

/// Sends these products with the transaction, in as few messages as they fit into.
pub async fn send(txn: &Txn, products: &[Whole], categories: &HashMap<CategoryId, Category>) -> Result<()> {
    for some in products.chunks(PRODUCTS_PER_MESSAGE) {
        let products = some.iter().map(|whole| changed(whole, categories)).collect();
        let body = ProductsChanged { products, resend: None };
        let key = some.first().map_or("", |whole| whole.product.id.as_str());
        txn.send(STREAM, &Message::new(PRODUCTS_CHANGED, key, &body)?).await?;
    }
    Ok(())
}

/// Sends these products, as many as one message tells of, to whoever asked for the whole catalogue.
pub async fn send_part(
    txn: &Txn,
    stream: &str,
    products: &[Whole],
    categories: &HashMap<CategoryId, Category>,
    part: &Part,
) -> Result<()> {
    let products: Vec<ChangedProduct<'_>> = products.iter().map(|whole| changed(whole, categories)).collect();
    let key = products.first().map_or(part.run.as_str(), |product| product.id);
    let message = Message::new(PRODUCTS_CHANGED, key, &ProductsChanged { products, resend: Some(part) })?;
    txn.send(stream, &message).await
}

fn changed<'a>(whole: &'a Whole, categories: &'a HashMap<CategoryId, Category>) -> ChangedProduct<'a> {
    let product = &whole.product;
    let path = categories.get(&product.category).map_or(&[][..], |category| &category.path);
    let steps = path.iter().filter_map(|id| categories.get(id));
    ChangedProduct {
        id: product.id.as_str(),
        slug: &product.slug,
        title: &product.title,
        brand: &product.brand,
        description: &whole.detail.description,
        category_id: product.category.as_str(),
        category_path: steps.map(|step| CategoryStep { id: step.id.as_str(), name: &step.name }).collect(),
        released_at: product.released_on,
        attributes: &whole.detail.attributes,
        media_url: product.media.first().map(|media| media.url.as_str()),
        version: product.version,
        removed: false,
        variants: whole.variants.iter().map(changed_variant).collect(),
    }
}

fn changed_variant(variant: &Variant) -> ChangedVariant<'_> {
    ChangedVariant {
        id: variant.id.as_str(),
        sku: &variant.sku,
        gtin: variant.gtin.as_deref(),
        title: &variant.title,
        options: &variant.options,
        price: variant.price,
        compare_at: variant.compare_at,
        weight_grams: variant.weight_grams,
    }
}
