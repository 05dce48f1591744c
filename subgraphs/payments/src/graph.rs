//! What payments adds to the graph: fields of an order, the payment, and the proof that no money was lost.

mod conservation;
mod money_conservation;
mod money_violation;
mod order;
mod order_money;
mod payment;
mod payment_settle;
mod payment_state;
mod user_error;

use async_graphql::dataloader::DataLoader;
use async_graphql::{Context, EmptySubscription, ID, Object, Request};
use kit::{Viewer, or_null};
use vocab::{OrderId, PaymentId};

use crate::Audit;
use crate::store::{PaymentById, PaymentByOrder, PaymentLoader};
use conservation::{Conservation, SumsLoader};
use order::Order;
use payment::Payment;
pub use payment_settle::Mutation;

pub type Schema = async_graphql::Schema<Query, Mutation, EmptySubscription>;

/// The schema, without any database behind it.
pub fn schema() -> Schema {
    kit::graphql::scalars::described(Schema::build(Query, Mutation, EmptySubscription)).enable_federation().finish()
}

/// Gives a request what its resolvers need.
pub fn attach_loaders(audit: &Audit, request: Request, viewer: &Viewer) -> Request {
    let payments = PaymentLoader { store: audit.store.clone(), owners: viewer.owners() };
    request.data(audit.clone()).data(kit::batched(payments)).data(kit::batched(SumsLoader(audit.clone())))
}

pub struct Query;

#[Object]
impl Query {
    #[graphql(entity)]
    async fn order(&self, ctx: &Context<'_>, id: ID) -> Option<Order> {
        let key = PaymentByOrder(OrderId::try_from(&id).ok()?);
        let loader = ctx.data_unchecked::<DataLoader<PaymentLoader>>();
        or_null(ctx, loader.load_one(key).await).map(Order)
    }

    #[graphql(entity)]
    async fn payment(&self, ctx: &Context<'_>, id: ID) -> Option<Payment> {
        let key = PaymentById(PaymentId::try_from(&id).ok()?);
        let loader = ctx.data_unchecked::<DataLoader<PaymentLoader>>();
        or_null(ctx, loader.load_one(key).await).and_then(Payment::of)
    }

    #[graphql(entity)]
    async fn conservation(&self, ctx: &Context<'_>, id: ID) -> Option<Conservation> {
        Conservation::of(ctx, &id)
    }
}
