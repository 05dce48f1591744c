//! What the catalog tells the other subgraphs.

use std::collections::HashMap;

use contracts::catalog::{CatalogEvent, ProductsChanged, ResendPart};
use contracts::{encode, stream};
use kit::{Result, Txn};
use vocab::CategoryId;

use crate::category::Category;
use crate::product::{Attribute, Detail, Product, Variant};

/// How many products one message tells of at most.
pub const PRODUCTS_PER_MESSAGE: usize = 200;

/// A product with everything that is told of it.
pub struct Whole {
    pub product: Product,
    pub detail: Detail,
    pub variants: Vec<Variant>,
}

/// Sends these products with the transaction, in as few messages as they fit into.
pub async fn send(txn: &Txn, products: &[Whole], categories: &HashMap<CategoryId, Category>) -> Result<()> {
    for some in products.chunks(PRODUCTS_PER_MESSAGE) {
        let key = some.first().map_or("", |whole| whole.product.id.as_str());
        let event = changed(some, categories, None)?;
        txn.send(stream::CATALOG_EVENTS, &encode(key, &event)?).await?;
    }
    Ok(())
}

/// Sends these products, as many as one message tells of, to whoever asked for the whole catalogue.
pub async fn send_part(
    txn: &Txn,
    stream: &str,
    products: &[Whole],
    categories: &HashMap<CategoryId, Category>,
    part: ResendPart,
) -> Result<()> {
    let key = products.first().map_or(part.run.clone(), |whole| whole.product.id.to_string());
    let event = changed(products, categories, Some(part))?;
    txn.send(stream, &encode(&key, &event)?).await
}

fn changed(
    products: &[Whole],
    categories: &HashMap<CategoryId, Category>,
    resend: Option<ResendPart>,
) -> Result<CatalogEvent> {
    let products = products.iter().map(|whole| product(whole, categories)).collect::<Result<_>>()?;
    Ok(CatalogEvent::ProductsChanged(ProductsChanged { products, resend }))
}

fn product(whole: &Whole, categories: &HashMap<CategoryId, Category>) -> Result<contracts::catalog::Product> {
    let product = &whole.product;
    let path = categories.get(&product.category).map_or(&[][..], |category| &category.path);
    let steps = path.iter().filter_map(|id| categories.get(id));
    let step = |step: &Category| contracts::catalog::Category { id: step.id.clone(), name: step.name.clone() };
    Ok(contracts::catalog::Product {
        id: product.id.clone(),
        slug: product.slug.clone(),
        title: product.title.clone(),
        brand: product.brand.clone(),
        description: whole.detail.description.clone(),
        category_id: product.category.clone(),
        category_path: steps.map(step).collect(),
        released_at: product.released_on,
        attributes: whole.detail.attributes.iter().map(attribute).collect::<Result<_>>()?,
        media_url: product.media.first().map(|media| media.url.clone()),
        version: product.version,
        removed: false,
        variants: whole.variants.iter().map(variant).collect::<Result<_>>()?,
    })
}

fn attribute(attribute: &Attribute) -> Result<contracts::catalog::Attribute> {
    let value = serde_json::to_value(&attribute.value)?;
    Ok(contracts::catalog::Attribute { name: attribute.name.clone(), value })
}

fn variant(variant: &Variant) -> Result<contracts::catalog::Variant> {
    Ok(contracts::catalog::Variant {
        id: variant.id.clone(),
        sku: variant.sku.clone(),
        gtin: variant.gtin.clone(),
        title: variant.title.clone(),
        options: variant.options.clone(),
        price: variant.price,
        compare_at: variant.compare_at,
        weight_grams: variant.weight_grams.map(u32::try_from).transpose()?,
    })
}
