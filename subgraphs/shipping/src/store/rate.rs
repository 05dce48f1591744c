//! The table of rates.

use std::collections::BTreeSet;

use kit::Result;
use kit::db::Among;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use vocab::{CurrencyCode, Money};

use super::Store;
use crate::message;
use crate::rate::Rate;

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "shipping_rate")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub country: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub method: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub max_weight_grams: i32,
        pub name: String,
        pub price_minor: i64,
        pub currency: String,
        pub min_days: i32,
        pub max_days: i32,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod version_row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "shipping_rate_version")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub version: i64,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

use row::{Column, Entity, Model};

/// Rates to one country, by method and ascending weight.
pub type Rates = Vec<Rate>;

impl Store {
    pub async fn rates_to(&self, country: &str) -> Result<Rates> {
        self.rates_to_all([country]).await
    }

    /// Rates to several countries, one after the other.
    pub(crate) async fn rates_to_all<'a>(&self, countries: impl IntoIterator<Item = &'a str>) -> Result<Rates> {
        let countries: BTreeSet<&str> = countries.into_iter().collect();
        if countries.is_empty() {
            return Ok(Rates::new());
        }
        let rows = Entity::find()
            .filter(Column::Country.among(countries))
            .order_by_asc(Column::Country)
            .order_by_asc(Column::Method)
            .order_by_asc(Column::MaxWeightGrams)
            .all(self.db.reader())
            .await?;
        rows.into_iter().map(Model::rate).collect()
    }

    /// Tells everybody the whole table. Said again, it changes nothing: the message carries the table's version.
    pub async fn announce_rates(&self) -> Result<()> {
        let txn = self.db.begin().await?;
        let version: Option<i64> = version_row::Entity::find()
            .select_only()
            .column_as(version_row::Column::Version.max(), "version")
            .into_tuple()
            .one(&*txn)
            .await?
            .flatten();
        let rows = Entity::find()
            .order_by_asc(Column::Country)
            .order_by_asc(Column::Method)
            .order_by_asc(Column::MaxWeightGrams)
            .all(&*txn)
            .await?;
        let rates = rows.into_iter().map(Model::rate).collect::<Result<Rates>>()?;
        txn.send(message::EVENTS, &message::rates_changed(version.unwrap_or_default(), &rates)?).await?;
        Ok(txn.commit().await?)
    }
}

impl Model {
    fn rate(self) -> Result<Rate> {
        let Self { country, method, max_weight_grams, name, price_minor, currency, min_days, max_days } = self;
        let price = Money::new(price_minor, CurrencyCode::stored(&currency)?);
        Ok(Rate { method, name, country, max_weight_grams, price, min_days, max_days })
    }
}
