//! The category tree, products, their variants, and the listing that a category page is read from.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, date_null, integer, integer_null, string, string_len, string_null, text,
};

pub struct Products;

impl MigrationName for Products {
    fn name(&self) -> &'static str {
        "m0001_products"
    }
}

#[derive(DeriveIden)]
enum Category {
    Table,
    Id,
    Slug,
    Name,
    ParentId,
    Path,
    Position,
}

#[derive(DeriveIden)]
enum Product {
    Table,
    Id,
    Slug,
    Title,
    Brand,
    CategoryId,
    ReleasedOn,
    Media,
    Options,
    Currency,
    PriceMinMinor,
    PriceMaxMinor,
    Rank,
    Version,
    Digest,
}

#[derive(DeriveIden)]
enum ProductDetail {
    Table,
    ProductId,
    Description,
    Attributes,
}

#[derive(DeriveIden)]
enum Variant {
    Table,
    Id,
    ProductId,
    Position,
    Sku,
    Gtin,
    Title,
    Options,
    Choice,
    PriceMinor,
    CompareAtMinor,
    Currency,
    WeightGrams,
}

#[derive(DeriveIden)]
enum Listing {
    Table,
    CategoryId,
    ProductId,
    Rank,
    ReleasedDay,
    PriceMinor,
}

#[async_trait::async_trait]
impl MigrationTrait for Products {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_category(manager).await?;
        create_product(manager).await?;
        create_variant(manager).await?;
        create_listing(manager).await
    }
}

async fn create_category(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table(Category::Table)
        .col(string(Category::Id).primary_key())
        .col(string(Category::Slug).unique_key())
        .col(string(Category::Name))
        .col(string_null(Category::ParentId))
        // The ids from the root to the category itself, with slashes between.
        .col(text(Category::Path))
        .col(integer(Category::Position))
        .to_owned();
    manager.create_table(table).await?;
    let children = Index::create()
        .name("category_children")
        .table(Category::Table)
        .col(Category::ParentId)
        .col(Category::Position)
        .to_owned();
    manager.create_index(children).await
}

async fn create_product(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table(Product::Table)
        .col(string(Product::Id).primary_key())
        .col(string(Product::Slug).unique_key())
        .col(string(Product::Title))
        .col(string(Product::Brand))
        .col(string(Product::CategoryId))
        .col(date_null(Product::ReleasedOn))
        .col(text(Product::Media))
        .col(text(Product::Options))
        .col(string_len(Product::Currency, 3))
        .col(big_integer(Product::PriceMinMinor))
        .col(big_integer(Product::PriceMaxMinor))
        .col(big_integer(Product::Rank))
        .col(big_integer(Product::Version))
        // Of what the last import said, so that the same words again change nothing.
        .col(string(Product::Digest))
        .check(Expr::col(Product::PriceMinMinor).gte(0))
        .check(Expr::col(Product::PriceMaxMinor).gte(Expr::col(Product::PriceMinMinor)))
        .to_owned();
    manager.create_table(table).await?;
    let by_category = Index::create()
        .name("product_by_category")
        .table(Product::Table)
        .col(Product::CategoryId)
        .col(Product::Id)
        .to_owned();
    manager.create_index(by_category).await?;
    // Apart from the product, because a list of products never reads it.
    let detail = Table::create()
        .table(ProductDetail::Table)
        .col(string(ProductDetail::ProductId).primary_key())
        .col(text(ProductDetail::Description))
        .col(text(ProductDetail::Attributes))
        .to_owned();
    manager.create_table(detail).await
}

async fn create_variant(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table(Variant::Table)
        .col(string(Variant::Id).primary_key())
        .col(string(Variant::ProductId))
        .col(integer(Variant::Position))
        .col(string(Variant::Sku))
        .col(string_null(Variant::Gtin))
        .col(string(Variant::Title))
        .col(text(Variant::Options))
        // The options in one canonical line, to be looked up by.
        .col(string(Variant::Choice))
        .col(big_integer(Variant::PriceMinor))
        .col(big_integer_null(Variant::CompareAtMinor))
        .col(string_len(Variant::Currency, 3))
        .col(integer_null(Variant::WeightGrams))
        .check(Expr::col(Variant::PriceMinor).gte(0))
        .check(Expr::col(Variant::WeightGrams).gte(0))
        .to_owned();
    manager.create_table(table).await?;
    let order = Index::create()
        .name("variant_order")
        .table(Variant::Table)
        .col(Variant::ProductId)
        .col(Variant::Position)
        .unique()
        .to_owned();
    manager.create_index(order).await?;
    let choice = Index::create()
        .name("variant_choice")
        .table(Variant::Table)
        .col(Variant::ProductId)
        .col(Variant::Choice)
        .unique()
        .to_owned();
    manager.create_index(choice).await
}

/// One row for each category that a product is found in: its own and all above. Each sort has its index, so a page of
/// a million products is one range of one index.
async fn create_listing(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table(Listing::Table)
        .col(string(Listing::CategoryId))
        .col(string(Listing::ProductId))
        .col(big_integer(Listing::Rank))
        .col(big_integer(Listing::ReleasedDay))
        .col(big_integer(Listing::PriceMinor))
        .primary_key(Index::create().col(Listing::ProductId).col(Listing::CategoryId))
        .to_owned();
    manager.create_table(table).await?;
    for (name, key) in [
        ("listing_featured", Listing::Rank),
        ("listing_newest", Listing::ReleasedDay),
        ("listing_price", Listing::PriceMinor),
    ] {
        let index = Index::create()
            .name(name)
            .table(Listing::Table)
            .col(Listing::CategoryId)
            .col(key)
            .col(Listing::ProductId)
            .to_owned();
        manager.create_index(index).await?;
    }
    Ok(())
}
