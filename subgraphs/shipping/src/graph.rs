//! What shipping adds to the graph: rates, fields of an order, and the shipment.

mod fulfillment_state;
mod order;
mod shipment;
mod shipping_rate;

use async_graphql::dataloader::DataLoader;
use async_graphql::{Context, EmptyMutation, EmptySubscription, ID, Object, Request};
use kit::{Code, Refusal, Viewer, or_null};
use vocab::{CountryCode, OrderId, ShipmentId};

use crate::Store;
use crate::store::{EventLoader, ShipmentById, ShipmentByOrder, ShipmentLoader};
use order::Order;
use shipment::Shipment;
use shipping_rate::ShippingRate;

pub type Schema = async_graphql::Schema<Query, EmptyMutation, EmptySubscription>;

/// The schema, without any database behind it.
pub fn schema() -> Schema {
    kit::graphql::scalars::described(Schema::build(Query, EmptyMutation, EmptySubscription))
        .enable_federation()
        .finish()
}

/// Gives a request what its resolvers need.
pub fn attach_loaders(store: &Store, request: Request, viewer: &Viewer) -> Request {
    let shipments = ShipmentLoader { store: store.clone(), owners: viewer.owners() };
    request.data(store.clone()).data(kit::batched(shipments)).data(kit::batched(EventLoader(store.clone())))
}

pub struct Query;

#[Object]
impl Query {
    /// What delivery to a country costs, by method and ascending weight: a parcel pays for the first bracket that holds
    /// it. Empty when we do not deliver there. Null when that cannot be looked up now.
    async fn shipping_rates(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The country, as ISO 3166-1 alpha-2 names it, in letters of either case: `US`.")]
        country: String,
    ) -> kit::Result<Option<Vec<ShippingRate>>> {
        let country =
            CountryCode::parse(&country).map_err(|none| Refusal::new(Code::BadUserInput, none.to_string()))?;
        let rates = ctx.data_unchecked::<Store>().rates_to(country.as_str()).await?;
        Ok(Some(rates.into_iter().map(ShippingRate).collect()))
    }

    #[graphql(entity)]
    async fn order(&self, ctx: &Context<'_>, id: ID) -> Option<Order> {
        let key = ShipmentByOrder(OrderId::try_from(&id).ok()?);
        let loader = ctx.data_unchecked::<DataLoader<ShipmentLoader>>();
        or_null(ctx, loader.load_one(key).await).map(Order)
    }

    #[graphql(entity)]
    async fn shipment(&self, ctx: &Context<'_>, id: ID) -> Option<Shipment> {
        let key = ShipmentById(ShipmentId::try_from(&id).ok()?);
        let loader = ctx.data_unchecked::<DataLoader<ShipmentLoader>>();
        or_null(ctx, loader.load_one(key).await).and_then(Shipment::of)
    }
}
