//! What payments adds to the graph: fields of an order, and the payment.

mod order;
mod payment;
mod payment_state;

use async_graphql::dataloader::DataLoader;
use async_graphql::{Context, EmptyMutation, EmptySubscription, ID, Object, Request};
use kit::{Failure, Viewer};
use vocab::{OrderId, PaymentId};

use crate::Store;
use crate::store::{PaymentById, PaymentByOrder, PaymentLoader};
use order::Order;
use payment::Payment;

pub type Schema = async_graphql::Schema<Query, EmptyMutation, EmptySubscription>;

/// The schema, without any database behind it.
pub fn schema() -> Schema {
    Schema::build(Query, EmptyMutation, EmptySubscription).enable_federation().finish()
}

/// Gives a request what its resolvers need.
pub fn dress(store: &Store, request: Request, viewer: &Viewer) -> Request {
    let loader = PaymentLoader { store: store.clone(), owners: viewer.owners() };
    request.data(DataLoader::new(loader, tokio::spawn))
}

pub struct Query;

#[Object]
impl Query {
    #[graphql(entity)]
    async fn order(&self, ctx: &Context<'_>, id: ID) -> Option<Order> {
        let key = PaymentByOrder(OrderId::try_from(&id).ok()?);
        let loader = ctx.data_unchecked::<DataLoader<PaymentLoader>>();
        told(ctx, loader.load_one(key).await).map(Order)
    }

    #[graphql(entity)]
    async fn payment(&self, ctx: &Context<'_>, id: ID) -> Option<Payment> {
        let key = PaymentById(PaymentId::try_from(&id).ok()?);
        let loader = ctx.data_unchecked::<DataLoader<PaymentLoader>>();
        told(ctx, loader.load_one(key).await).and_then(Payment::of)
    }
}

/// An error of one entity would null the whole batch: it is reported beside the answer, and this one is null.
fn told<T>(ctx: &Context<'_>, loaded: Result<Option<T>, Failure>) -> Option<T> {
    loaded.unwrap_or_else(|failure| {
        ctx.add_error(ctx.set_error_path(async_graphql::Error::from(failure).into_server_error(ctx.item.pos)));
        None
    })
}
