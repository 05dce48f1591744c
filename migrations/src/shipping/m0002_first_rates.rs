//! The rates that a new shop opens with, version 1. They are rows: a shop that ships otherwise changes them and adds a
//! version.

use sea_orm_migration::prelude::*;

use super::m0001_shipping_rate::{ShippingRate, ShippingRateVersion};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0002_first_rates"
    }
}

struct Offer {
    countries: &'static [&'static str],
    method: &'static str,
    name: &'static str,
    days: (i32, i32),
    /// Up to so many grams, for so many US cents.
    brackets: &'static [(i32, i64)],
}

const NEIGHBOURS: &[&str] = &["CA", "MX"];
const EUROPE: &[&str] =
    &["AT", "BE", "CH", "DE", "DK", "ES", "FI", "FR", "GB", "IE", "IT", "NL", "NO", "PL", "PT", "SE"];
const PACIFIC: &[&str] = &["AU", "JP", "NZ"];

const OFFERS: &[Offer] = &[
    Offer {
        countries: &["US"],
        method: "standard",
        name: "Standard",
        days: (3, 5),
        brackets: &[(1_000, 495), (5_000, 895), (15_000, 1_495), (30_000, 2_495), (70_000, 4_995)],
    },
    Offer {
        countries: &["US"],
        method: "express",
        name: "Express",
        days: (1, 2),
        brackets: &[(1_000, 1_295), (5_000, 1_995), (15_000, 3_495), (30_000, 5_995)],
    },
    Offer {
        countries: &["US"],
        method: "overnight",
        name: "Overnight",
        days: (1, 1),
        brackets: &[(1_000, 2_495), (5_000, 3_995), (15_000, 6_995)],
    },
    Offer {
        countries: NEIGHBOURS,
        method: "standard",
        name: "Standard",
        days: (5, 9),
        brackets: &[(1_000, 995), (5_000, 1_795), (15_000, 3_495), (30_000, 5_995)],
    },
    Offer {
        countries: NEIGHBOURS,
        method: "express",
        name: "Express",
        days: (2, 4),
        brackets: &[(1_000, 2_495), (5_000, 3_995), (15_000, 7_495), (30_000, 11_995)],
    },
    Offer {
        countries: EUROPE,
        method: "standard",
        name: "International",
        days: (7, 12),
        brackets: &[(1_000, 1_495), (5_000, 2_995), (15_000, 5_995), (30_000, 9_995)],
    },
    Offer {
        countries: EUROPE,
        method: "express",
        name: "International express",
        days: (3, 5),
        brackets: &[(1_000, 3_495), (5_000, 5_995), (15_000, 10_995), (30_000, 17_995)],
    },
    Offer {
        countries: PACIFIC,
        method: "standard",
        name: "International",
        days: (9, 15),
        brackets: &[(1_000, 1_795), (5_000, 3_495), (15_000, 6_995), (30_000, 11_995)],
    },
    Offer {
        countries: PACIFIC,
        method: "express",
        name: "International express",
        days: (4, 7),
        brackets: &[(1_000, 3_995), (5_000, 6_995), (15_000, 12_995), (30_000, 20_995)],
    },
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for offer in OFFERS {
            for country in offer.countries {
                let mut insert = Query::insert();
                insert.into_table(ShippingRate::Table).columns([
                    ShippingRate::Country,
                    ShippingRate::Method,
                    ShippingRate::MaxWeightGrams,
                    ShippingRate::Name,
                    ShippingRate::PriceMinor,
                    ShippingRate::Currency,
                    ShippingRate::MinDays,
                    ShippingRate::MaxDays,
                ]);
                for (grams, cents) in offer.brackets {
                    insert.values_panic([
                        (*country).into(),
                        offer.method.into(),
                        (*grams).into(),
                        offer.name.into(),
                        (*cents).into(),
                        "USD".into(),
                        offer.days.0.into(),
                        offer.days.1.into(),
                    ]);
                }
                manager.execute(insert).await?;
            }
        }
        let version = Query::insert()
            .into_table(ShippingRateVersion::Table)
            .columns([ShippingRateVersion::Version])
            .values_panic([1_i64.into()])
            .to_owned();
        manager.execute(version).await
    }
}
