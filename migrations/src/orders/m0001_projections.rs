//! What orders knows of the catalog and of shipping, kept from their events.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, boolean, integer, integer_null, string, string_null};

pub(super) struct Projections;

impl MigrationName for Projections {
    fn name(&self) -> &'static str {
        "m0001_projections"
    }
}

#[derive(DeriveIden)]
enum Offer {
    Table,
    VariantId,
    ProductId,
    Sku,
    Title,
    Options,
    PriceMinor,
    Currency,
    WeightGrams,
    Version,
    Removed,
}

#[derive(DeriveIden)]
enum DeliveryRate {
    Table,
    Country,
    Method,
    MaxWeightGrams,
    Name,
    PriceMinor,
    Currency,
    MinDays,
    MaxDays,
}

#[derive(DeriveIden)]
enum SourceVersion {
    Table,
    Source,
    Version,
}

#[async_trait::async_trait]
impl MigrationTrait for Projections {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let offer = Table::create()
            .table(Offer::Table)
            .col(string(Offer::VariantId).primary_key())
            .col(string(Offer::ProductId))
            .col(string(Offer::Sku))
            .col(string(Offer::Title))
            .col(string_null(Offer::Options))
            .col(big_integer(Offer::PriceMinor))
            .col(string(Offer::Currency))
            .col(integer_null(Offer::WeightGrams))
            .col(big_integer(Offer::Version))
            .col(boolean(Offer::Removed))
            .to_owned();
        manager.create_table(offer).await?;
        let by_product = Index::create().name("offer_product").table(Offer::Table).col(Offer::ProductId).to_owned();
        manager.create_index(by_product).await?;
        let rate = Table::create()
            .table(DeliveryRate::Table)
            .col(string(DeliveryRate::Country))
            .col(string(DeliveryRate::Method))
            .col(integer(DeliveryRate::MaxWeightGrams))
            .col(string(DeliveryRate::Name))
            .col(big_integer(DeliveryRate::PriceMinor))
            .col(string(DeliveryRate::Currency))
            .col(integer(DeliveryRate::MinDays))
            .col(integer(DeliveryRate::MaxDays))
            .primary_key(
                Index::create()
                    .col(DeliveryRate::Country)
                    .col(DeliveryRate::Method)
                    .col(DeliveryRate::MaxWeightGrams)
                    .col(DeliveryRate::Currency),
            )
            .to_owned();
        manager.create_table(rate).await?;
        let version = Table::create()
            .table(SourceVersion::Table)
            .col(string(SourceVersion::Source).primary_key())
            .col(big_integer(SourceVersion::Version))
            .to_owned();
        manager.create_table(version).await
    }
}
