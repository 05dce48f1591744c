//! The table of rates, and the version that grows whenever it changes.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, integer, string};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0001_shipping_rate"
    }
}

#[derive(DeriveIden)]
pub(super) enum ShippingRate {
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
pub(super) enum ShippingRateVersion {
    Table,
    Version,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let rate = Table::create()
            .table(ShippingRate::Table)
            .col(string(ShippingRate::Country))
            .col(string(ShippingRate::Method))
            .col(integer(ShippingRate::MaxWeightGrams))
            .col(string(ShippingRate::Name))
            .col(big_integer(ShippingRate::PriceMinor))
            .col(string(ShippingRate::Currency))
            .col(integer(ShippingRate::MinDays))
            .col(integer(ShippingRate::MaxDays))
            .primary_key(
                Index::create().col(ShippingRate::Country).col(ShippingRate::Method).col(ShippingRate::MaxWeightGrams),
            )
            .to_owned();
        manager.create_table(rate).await?;
        let version = Table::create()
            .table(ShippingRateVersion::Table)
            .col(big_integer(ShippingRateVersion::Version).primary_key())
            .to_owned();
        manager.create_table(version).await
    }
}
