//! The projection of shipping's rates.

use std::collections::{BTreeMap, HashMap};

use async_graphql::dataloader::Loader;
use kit::db::Among;
use kit::messaging::Message;
use kit::{Failure, Result};
use sea_orm::QueryOrder;
use sea_orm::Set;
use sea_orm::entity::prelude::*;
use vocab::{CurrencyCode, Money};

use super::{Store, Visible};
use crate::delivery::DeliveryRate;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "delivery_rate")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub country: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub method: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub max_weight_grams: i32,
    #[sea_orm(primary_key, auto_increment = false)]
    pub currency: String,
    pub name: String,
    pub price_minor: i64,
    pub min_days: i32,
    pub max_days: i32,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

const SOURCE: &str = "delivery_rates";

impl Model {
    fn rate(self) -> Result<DeliveryRate> {
        Ok(DeliveryRate {
            country: self.country,
            method: self.method,
            name: self.name,
            max_weight_grams: u32::try_from(self.max_weight_grams)?,
            price: Money::new(self.price_minor, CurrencyCode::stored(&self.currency)?),
            min_days: u32::try_from(self.min_days)?,
            max_days: u32::try_from(self.max_days)?,
        })
    }
}

fn row(rate: &DeliveryRate) -> Result<ActiveModel> {
    Ok(ActiveModel {
        country: Set(rate.country.clone()),
        method: Set(rate.method.clone()),
        max_weight_grams: Set(i32::try_from(rate.max_weight_grams)?),
        currency: Set(rate.price.currency.to_string()),
        name: Set(rate.name.clone()),
        price_minor: Set(rate.price.minor),
        min_days: Set(i32::try_from(rate.min_days)?),
        max_days: Set(i32::try_from(rate.max_days)?),
    })
}

impl Store {
    /// Takes in the whole table of rates, if it is newer than ours.
    pub(crate) async fn take_rates(&self, message: &Message, version: i64, rates: &[DeliveryRate]) -> Result<()> {
        let txn = self.db.begin().await?;
        if !txn.first_delivery("orders", message).await? {
            return Ok(txn.rollback().await?);
        }
        let newer = Self::newer(&txn, &BTreeMap::from([(SOURCE.to_owned(), version)])).await?;
        if !newer.is_empty() {
            Entity::delete_many().exec(&*txn).await?;
            let rows = rates.iter().map(row).collect::<Result<Vec<_>>>()?;
            for rows in rows.chunks(1_000) {
                Entity::insert_many(rows.to_vec()).exec_without_returning(&*txn).await?;
            }
        }
        Ok(txn.commit().await?)
    }

    pub(crate) async fn rates_in(
        db: &impl ConnectionTrait,
        countries: impl IntoIterator<Item = &str>,
    ) -> Result<Vec<DeliveryRate>> {
        let rows = Entity::find()
            .filter(Column::Country.among(countries))
            .order_by_asc(Column::Method)
            .order_by_asc(Column::MaxWeightGrams)
            .all(db)
            .await?;
        rows.into_iter().map(Model::rate).collect()
    }
}

/// What delivery costs in this country.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RatesByCountry(pub String);

impl Loader<RatesByCountry> for Visible {
    type Value = Vec<DeliveryRate>;
    type Error = Failure;

    async fn load(&self, keys: &[RatesByCountry]) -> Result<HashMap<RatesByCountry, Vec<DeliveryRate>>> {
        let rates = Store::rates_in(self.store.db.reader(), keys.iter().map(|key| key.0.as_str())).await?;
        let mut found: HashMap<RatesByCountry, Vec<DeliveryRate>> = HashMap::new();
        for rate in rates {
            found.entry(RatesByCountry(rate.country.clone())).or_default().push(rate);
        }
        Ok(found)
    }
}
