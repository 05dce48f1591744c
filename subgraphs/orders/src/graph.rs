//! The schema: roots merged, loaders registered for each request.

mod cancellation;
mod cart;
mod cart_claim;
mod cart_delivery;
mod cart_delivery_select;
mod cart_issue;
mod cart_lines_add;
mod cart_lines_update;
mod carts_kept_apart;
mod checkout;
mod checkout_cancel;
mod checkout_submit;
mod cost;
mod dead_letter;
mod dead_letter_drop;
mod dead_letter_replay;
mod delivery_option;
mod order;
mod order_access_open;
mod order_access_request;
mod order_cancel;
mod order_event;
mod order_refund;
mod product_variant;
mod user_error;

use std::hash::Hash;

use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::{Context, EmptySubscription, Error, MergedObject, Request};
use kit::{Failure, Result, Viewer};

use crate::store::{Store, Visible};

#[derive(Default, MergedObject)]
pub struct Query(cart::CartQuery, checkout::CheckoutQuery, dead_letter::DeadLetterQuery, order::OrderQuery);

#[derive(Default, MergedObject)]
pub struct Mutation(
    cart_lines_add::CartLinesAdd,
    cart_lines_update::CartLinesUpdate,
    cart_claim::CartClaim,
    cart_delivery_select::CartDeliverySelect,
    checkout_submit::CheckoutSubmit,
    checkout_cancel::CheckoutCancel,
    dead_letter_drop::DeadLetterDrop,
    dead_letter_replay::DeadLetterReplay,
    order_cancel::OrderCancel,
    order_refund::OrderRefund,
    order_access_request::OrderAccessRequest,
    order_access_open::OrderAccessOpen,
);

pub type Schema = async_graphql::Schema<Query, Mutation, EmptySubscription>;

/// The schema, without I/O.
pub fn schema() -> Schema {
    kit::graphql::scalars::described(Schema::build(Query::default(), Mutation::default(), EmptySubscription))
        .enable_federation()
        .finish()
}

/// Gives a request what its resolvers need: the store, and a loader that sees what the viewer may see.
pub fn attach_loaders(store: &Store, request: Request, viewer: &Viewer) -> Request {
    let visible = Visible::new(store.clone(), viewer);
    request.data(store.clone()).data(visible.clone()).data(kit::batched(visible))
}

fn given<'a, T: Send + Sync + 'static>(ctx: &Context<'a>) -> Result<&'a T> {
    ctx.data::<T>().map_err(|missing| Failure::fault(anyhow::anyhow!(missing.message)))
}

async fn load<K>(ctx: &Context<'_>, key: K) -> Result<Option<<Visible as Loader<K>>::Value>>
where
    K: Send + Sync + Hash + Eq + Clone + 'static,
    Visible: Loader<K, Error = Failure>,
{
    given::<DataLoader<Visible>>(ctx)?.load_one(key).await
}

/// An entity for `_entities`. One that cannot be loaded is null with its error beside it: an `Err` would take the
/// whole batch with it.
async fn entity<K>(ctx: &Context<'_>, key: K) -> Option<<Visible as Loader<K>>::Value>
where
    K: Send + Sync + Hash + Eq + Clone + 'static,
    Visible: Loader<K, Error = Failure>,
{
    load(ctx, key).await.unwrap_or_else(|failure| {
        let error = Error::from(failure).into_server_error(ctx.item.pos);
        ctx.add_error(ctx.set_error_path(error));
        None
    })
}
