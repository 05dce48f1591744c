//! `Product`.

use std::sync::Arc;

use async_graphql::connection::Connection;
use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use chrono::NaiveDate;
use kit::graphql::page::Page;
use kit::{Code, Refusal, Result};

use super::ask;
use super::attribute::ProductAttribute;
use super::category::Category;
use super::price::PriceRange;
use super::product_variant::ProductVariant;
use crate::product::{self, Detail, choice};
use crate::store::{CategoryById, DetailOf, VariantByChoice, VariantsOf};
use crate::text;

/// In which form a text comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum TextFormat {
    /// Plain text; paragraphs are parted by an empty line.
    Plain,
    /// HTML paragraphs, safe to put into a page.
    Html,
}

/// A picture.
#[derive(SimpleObject)]
pub struct Media {
    /// Where the picture is, over https.
    pub url: String,
    /// What the picture shows, for those who do not see it; null when nobody wrote it down.
    pub alt: Option<String>,
}

/// A choice that a shopper makes, such as a size.
#[derive(SimpleObject)]
pub struct ProductOption {
    /// What is chosen: `Size`.
    pub name: String,
    /// What it can be, in order: `S`, `M`, `L`.
    pub values: Vec<String>,
}

/// One choice that a shopper has made.
#[derive(InputObject)]
pub struct OptionChoice {
    /// What is chosen: `Size`.
    pub name: String,
    /// The value chosen: `M`.
    pub value: String,
}

pub struct Product(pub Arc<product::Product>);

impl Product {
    async fn detail(&self, context: &Context<'_>) -> Result<Arc<Detail>> {
        Ok(ask(context, DetailOf(self.0.id.clone())).await?.unwrap_or_default())
    }
}

const MOST_MEDIA: i32 = 100;

/// Something that the shop sells, in one or more variants.
#[Object]
impl Product {
    /// Stays the same for good. Starts with `prod_`.
    async fn id(&self) -> ID {
        ID::from(self.0.id.as_str())
    }

    /// The product's name in the address of its page. No two products share one.
    #[graphql(shareable)]
    async fn slug(&self) -> &str {
        &self.0.slug
    }

    /// The product's name, for people.
    #[graphql(shareable)]
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// Who makes it, or under which name it is sold; null when it has none.
    async fn brand(&self) -> Option<&str> {
        Some(self.0.brand.as_str()).filter(|brand| !brand.is_empty())
    }

    /// What there is to say about the product. Empty when nobody said anything.
    async fn description(
        &self,
        context: &Context<'_>,
        #[graphql(default_with = "TextFormat::Plain", desc = "Plain text, or HTML to put into a page.")]
        format: TextFormat,
    ) -> Result<String> {
        let detail = self.detail(context).await?;
        Ok(match format {
            TextFormat::Plain => detail.description.clone(),
            TextFormat::Html => text::to_html(&detail.description),
        })
    }

    /// Facts about the product, in the order in which to show them.
    async fn attributes(&self, context: &Context<'_>) -> Result<Vec<ProductAttribute>> {
        let detail = self.detail(context).await?;
        Ok(detail.attributes.iter().cloned().map(ProductAttribute).collect())
    }

    /// Pictures of the product, the best first. Empty when there is none.
    async fn media(
        &self,
        #[graphql(default = 1, desc = "How many pictures to give, 1 to 100.")] first: i32,
    ) -> Result<Vec<Media>> {
        let wanted = usize::try_from(first).ok().filter(|_| (1..=MOST_MEDIA).contains(&first));
        let wanted = wanted.ok_or_else(|| {
            Refusal::new(Code::BadUserInput, format!("`first` is {first}: ask for 1 to {MOST_MEDIA} pictures."))
        })?;
        let media = self.0.media.iter().take(wanted);
        Ok(media.map(|media| Media { url: media.url.clone(), alt: media.alt.clone() }).collect())
    }

    /// What the product costs, over all its variants.
    async fn price_range(&self) -> PriceRange {
        self.0.prices.into()
    }

    /// The choices that tell the variants apart. Empty when there is only one variant.
    async fn options(&self) -> Vec<ProductOption> {
        let options = self.0.options.iter();
        options.map(|option| ProductOption { name: option.name.clone(), values: option.values.clone() }).collect()
    }

    /// The variant that is sold with exactly these choices; null when there is none. Without choices, the first one.
    async fn variant(
        &self,
        context: &Context<'_>,
        #[graphql(default, desc = "One choice for each of the product's options.")] options: Vec<OptionChoice>,
    ) -> Result<Option<ProductVariant>> {
        let product = self.0.id.clone();
        if options.is_empty() {
            let key = VariantsOf { product, page: Page { first: 1, after: None } };
            let variants = ask(context, key).await?.unwrap_or_default();
            return Ok(variants.into_iter().next().map(ProductVariant));
        }
        let chosen = choice(options.iter().map(|option| (option.name.as_str(), option.value.as_str())));
        Ok(ask(context, VariantByChoice { product, choice: chosen }).await?.map(ProductVariant))
    }

    /// The variants in which the product is sold, in the shop's order.
    async fn variants(
        &self,
        context: &Context<'_>,
        #[graphql(default = 20, desc = "How many variants to give, 1 to 100.")] first: i32,
        #[graphql(desc = "Give what comes behind this cursor: an `endCursor` of this list.")] after: Option<String>,
    ) -> Result<Connection<String, ProductVariant>> {
        let page = Page::try_new(first, after)?;
        let key = VariantsOf { product: self.0.id.clone(), page: page.clone() };
        let variants = ask(context, key).await?.unwrap_or_default();
        Ok(page.connection(variants, |variant| variant.position, ProductVariant))
    }

    /// The category in which the product stands.
    async fn category(&self, context: &Context<'_>) -> Result<Option<Category>> {
        Ok(ask(context, CategoryById(self.0.category.clone())).await?.map(Category))
    }

    /// When the product came out; null when nobody knows.
    async fn released_at(&self) -> Option<NaiveDate> {
        self.0.released_on
    }
}
