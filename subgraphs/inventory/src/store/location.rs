//! Locations as rows.

use std::collections::{HashMap, HashSet};

use kit::Result;
use kit::db::Among;
use kit::graphql::page::Page;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set};
use serde::{Deserialize, Serialize};

use super::{Store, rows_per_statement};
use crate::location::{Location, LocationId};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "location")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub name: String,
        pub line1: String,
        pub line2: Option<String>,
        pub city: String,
        pub region: Option<String>,
        pub postal_code: Option<String>,
        pub country: String,
        pub latitude: f64,
        pub longitude: f64,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

const COLUMNS: usize = 10;

impl From<row::Model> for Location {
    fn from(row: row::Model) -> Self {
        Self {
            id: LocationId::stored(row.id),
            name: row.name,
            line1: row.line1,
            line2: row.line2,
            city: row.city,
            region: row.region,
            postal_code: row.postal_code,
            country: row.country,
            latitude: row.latitude,
            longitude: row.longitude,
        }
    }
}

impl From<&Location> for row::ActiveModel {
    fn from(location: &Location) -> Self {
        Self {
            id: Set(location.id.to_string()),
            name: Set(location.name.clone()),
            line1: Set(location.line1.clone()),
            line2: Set(location.line2.clone()),
            city: Set(location.city.clone()),
            region: Set(location.region.clone()),
            postal_code: Set(location.postal_code.clone()),
            country: Set(location.country.clone()),
            latitude: Set(location.latitude),
            longitude: Set(location.longitude),
        }
    }
}

/// What a cursor of the list of locations holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LocationKey {
    name: String,
    id: String,
}

impl LocationKey {
    pub fn of(location: &Location) -> Self {
        Self { name: location.name.clone(), id: location.id.to_string() }
    }
}

impl Store {
    /// Locations by name. Up to one more than the page holds.
    pub async fn locations(&self, page: &Page<LocationKey>) -> Result<Vec<Location>> {
        let mut locations =
            row::Entity::find().order_by_asc(row::Column::Name).order_by_asc(row::Column::Id).limit(page.limit());
        if let Some(after) = &page.after {
            let place = Expr::tuple([Expr::col(row::Column::Name), Expr::col(row::Column::Id)]);
            let behind = Expr::tuple([Expr::value(after.name.as_str()), Expr::value(after.id.as_str())]);
            locations = locations.filter(place.gt(behind));
        }
        Ok(locations.all(self.db.reader()).await?.into_iter().map(Location::from).collect())
    }

    /// The ids of all locations, as catalogue files write them.
    pub async fn location_keys(&self) -> Result<HashSet<String>> {
        let ids: Vec<String> =
            row::Entity::find().select_only().column(row::Column::Id).into_tuple().all(self.db.reader()).await?;
        Ok(ids.iter().filter_map(|id| id.strip_prefix("loc_")).map(str::to_owned).collect())
    }
}

pub(super) async fn by_ids(connection: &impl ConnectionTrait, ids: &[&str]) -> Result<HashMap<String, Location>> {
    let rows = row::Entity::find().filter(row::Column::Id.among(ids.iter().copied())).all(connection).await?;
    Ok(rows.into_iter().map(|row| (row.id.clone(), Location::from(row))).collect())
}

pub(super) async fn upsert(connection: &impl ConnectionTrait, locations: &[Location]) -> Result<()> {
    for some in locations.chunks(rows_per_statement(COLUMNS)) {
        let replace = OnConflict::column(row::Column::Id)
            .update_columns([
                row::Column::Name,
                row::Column::Line1,
                row::Column::Line2,
                row::Column::City,
                row::Column::Region,
                row::Column::PostalCode,
                row::Column::Country,
                row::Column::Latitude,
                row::Column::Longitude,
            ])
            .to_owned();
        row::Entity::insert_many(some.iter().map(row::ActiveModel::from))
            .on_conflict(replace)
            .exec_without_returning(connection)
            .await?;
    }
    Ok(())
}
