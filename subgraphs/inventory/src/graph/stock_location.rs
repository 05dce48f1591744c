//! `StockLocation`, and the list of them.

use async_graphql::connection::Connection;
use async_graphql::{Context, ID, Object, SimpleObject};
use kit::Result;
use kit::graphql::page::Page;

use crate::Store;
use crate::location::Location;
use crate::store::LocationKey;

/// A point on the earth.
#[derive(SimpleObject)]
pub struct Coordinates {
    /// Degrees north of the equator; negative in the south.
    pub latitude: f64,
    /// Degrees east of Greenwich; negative in the west.
    pub longitude: f64,
}

pub struct StockLocation(Location);

/// A store or warehouse where stock lies.
#[Object]
impl StockLocation {
    /// Stays the same for good. Starts with `loc_`.
    async fn id(&self) -> ID {
        ID::from(self.0.id.as_str())
    }

    /// The location's name, for people.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// City or town.
    async fn city(&self) -> &str {
        &self.0.city
    }

    /// State, province or region, where the country uses one; null elsewhere.
    async fn region(&self) -> Option<&str> {
        self.0.region.as_deref()
    }

    /// The country, as ISO 3166-1 alpha-2 names it: `US`.
    async fn country(&self) -> &str {
        &self.0.country
    }

    /// Where it is on a map.
    async fn coordinates(&self) -> Coordinates {
        Coordinates { latitude: self.0.latitude, longitude: self.0.longitude }
    }
}

#[derive(Default)]
pub struct StockLocationQuery;

#[Object]
impl StockLocationQuery {
    /// The places where the shop keeps stock, by name. Null when they cannot be looked up now.
    async fn stock_locations(
        &self,
        context: &Context<'_>,
        #[graphql(default = 20, desc = "How many locations to give, 1 to 100.")] first: i32,
        #[graphql(desc = "Give what comes behind this cursor: an `endCursor` of this list.")] after: Option<String>,
    ) -> Result<Option<Connection<String, StockLocation>>> {
        let page = Page::try_new(first, after)?;
        let locations = context.data_unchecked::<Store>().locations(&page).await?;
        Ok(Some(page.connection(locations, LocationKey::of, StockLocation)))
    }
}
