//! What the index keeps of a product.

use chrono::NaiveDate;
use tantivy::TantivyDocument;
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions,
};

use crate::product::{Product, attribute_text};
use crate::request::number;
use crate::words;

pub const VERSION: &str = "version";
pub const NUMBER: &str = "number";
pub const BRAND: &str = "brand";
pub const PATH: &str = "path";
pub const PRICE: &str = "price";
pub const CURRENCY: &str = "currency";
pub const RELEASED: &str = "released";

/// The fields by role.
#[derive(Clone, Copy, Debug)]
pub struct Fields {
    pub id: Field,
    version: Field,
    /// Breaks ties: a number for the id.
    number: Field,
    /// Set for what can be found. A removed product leaves its id and version behind, so that an older message does
    /// not bring it back.
    pub live: Field,
    pub slug: Field,
    pub title: Field,
    pub brand_words: Field,
    /// The name of the leaf category.
    pub category: Field,
    /// The names of the categories above.
    pub section: Field,
    pub attributes: Field,
    pub description: Field,
    /// Article numbers and model codes without their signs.
    pub codes: Field,
    /// Words as people write them, for corrections.
    pub plain: Field,
    brand: Field,
    /// The category path from root to leaf, as JSON.
    path: Field,
    /// In minor units.
    price: Field,
    currency: Field,
    /// Days since 1970.
    released: Field,
}

fn words_of(analyzer: &str, option: IndexRecordOption) -> TextOptions {
    TextOptions::default()
        .set_indexing_options(TextFieldIndexing::default().set_tokenizer(analyzer).set_index_option(option))
}

fn stems() -> TextOptions {
    words_of(words::STEMS, IndexRecordOption::WithFreqsAndPositions)
}

impl Fields {
    pub fn schema() -> (Schema, Self) {
        let mut builder = Schema::builder();
        let column = TextOptions::default().set_fast("raw");
        let fields = Self {
            id: builder.add_text_field("id", STRING | STORED),
            version: builder.add_u64_field(VERSION, FAST),
            number: builder.add_u64_field(NUMBER, FAST),
            live: builder.add_bool_field("live", INDEXED),
            slug: builder.add_text_field("slug", STORED),
            title: builder.add_text_field("title", stems() | STORED),
            brand_words: builder.add_text_field("brand_words", stems()),
            category: builder.add_text_field("category", stems()),
            section: builder.add_text_field("section", stems()),
            attributes: builder.add_text_field("attributes", stems()),
            description: builder.add_text_field("description", stems() | STORED),
            codes: builder.add_text_field("codes", words_of("raw", IndexRecordOption::Basic)),
            plain: builder.add_text_field("plain", words_of(words::PLAIN, IndexRecordOption::Basic)),
            brand: builder.add_text_field(BRAND, column.clone()),
            path: builder.add_text_field(PATH, column.clone()),
            price: builder.add_i64_field(PRICE, FAST),
            currency: builder.add_text_field(CURRENCY, column),
            released: builder.add_i64_field(RELEASED, FAST),
        };
        (builder.build(), fields)
    }

    /// The fields of an index that was made with [`Fields::schema`].
    pub fn of(schema: &Schema) -> Self {
        let (own, fields) = Self::schema();
        debug_assert!(own == *schema, "the index was opened with another schema");
        fields
    }

    pub fn document(&self, product: &Product) -> serde_json::Result<TantivyDocument> {
        let mut document = self.remains(product.id.as_str(), product.version);
        if !product.removed {
            document.add_bool(self.live, true);
            self.add_words(&mut document, product);
            self.add_columns(&mut document, product)?;
        }
        Ok(document)
    }

    /// What is left of a product that is gone.
    pub fn remains(&self, id: &str, version: u64) -> TantivyDocument {
        let mut document = TantivyDocument::new();
        document.add_text(self.id, id);
        document.add_u64(self.version, version);
        document.add_u64(self.number, number(id));
        document
    }

    fn add_words(&self, document: &mut TantivyDocument, product: &Product) {
        document.add_text(self.slug, &product.slug);
        document.add_text(self.title, &product.title);
        document.add_text(self.description, &product.description);
        document.add_text(self.plain, &product.title);
        if let Some(brand) = product.brand() {
            document.add_text(self.brand_words, brand);
            document.add_text(self.plain, brand);
        }
        for (below, category) in product.category_path.iter().rev().enumerate() {
            document.add_text(if below == 0 { self.category } else { self.section }, &category.name);
            document.add_text(self.plain, &category.name);
        }
        for text in product.attributes.iter().filter_map(attribute_text) {
            document.add_text(self.attributes, text);
        }
        for variant in &product.variants {
            document.add_text(self.attributes, &variant.sku);
            document.add_text(self.codes, words::code(&variant.sku));
            if variant.title != product.title {
                document.add_text(self.attributes, &variant.title);
            }
            if let Some(gtin) = &variant.gtin {
                document.add_text(self.codes, words::code(gtin));
            }
        }
    }

    fn add_columns(&self, document: &mut TantivyDocument, product: &Product) -> serde_json::Result<()> {
        if let Some(brand) = product.brand() {
            document.add_text(self.brand, brand);
        }
        if !product.category_path.is_empty() {
            document.add_text(self.path, serde_json::to_string(&product.category_path)?);
        }
        if let Some(price) = product.price() {
            document.add_i64(self.price, price.minor);
            document.add_text(self.currency, price.currency.as_str());
        }
        if let Some(released) = product.released_at {
            document.add_i64(self.released, days(released));
        }
        Ok(())
    }
}

fn days(date: NaiveDate) -> i64 {
    date.signed_duration_since(NaiveDate::default()).num_days()
}
