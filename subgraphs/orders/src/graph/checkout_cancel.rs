//! `checkoutCancel`.

use async_graphql::{Context, ID, InputObject, Object};
use kit::{Result, Viewer};
use vocab::{CheckoutId, UserErrorCode};

use super::checkout::Checkout;
use super::user_error::UserError;
use super::{given, load};
use crate::saga::Phase;
use crate::shopper_error::ShopperError;
use crate::store::{CancellationOfOrder, CheckoutById, Request, Store};

/// A checkout that is not wanted any more.
#[derive(InputObject)]
pub struct CheckoutCancelInput {
    /// The checkout.
    checkout_id: ID,
    /// A key that the client chooses for this request, 1 to 255 bytes: a UUID does well. The same request again, under
    /// the same key, cancels once.
    idempotency_key: String,
}

/// What became of `checkoutCancel`.
pub struct CheckoutCancelPayload {
    named: ID,
    refused: Vec<ShopperError>,
}

/// What became of `checkoutCancel`.
#[Object]
impl CheckoutCancelPayload {
    /// The checkout as it is now, whether it is called off or not. Null when it is not the viewer's.
    async fn checkout(&self, ctx: &Context<'_>) -> Result<Option<Checkout>> {
        let Ok(id) = CheckoutId::try_from(&self.named) else { return Ok(None) };
        Ok(load(ctx, CheckoutById(id)).await?.map(Checkout))
    }

    /// Why it is not called off, all of it at once; empty when it is.
    async fn user_errors(&self) -> Vec<UserError> {
        UserError::all(&self.refused)
    }
}

#[derive(Default)]
pub struct CheckoutCancel;

#[Object]
impl CheckoutCancel {
    /// Calls a checkout off. One that runs is turned round and fails with nothing charged; when the payment is being made
    /// at that moment, the order is confirmed first and cancelled then, and the money refunded. It takes a while: ask for
    /// the checkout again after its `nextPollMs`.
    async fn checkout_cancel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which checkout.")] input: CheckoutCancelInput,
    ) -> Result<CheckoutCancelPayload> {
        let CheckoutCancelInput { checkout_id: named, idempotency_key } = input;
        let id = CheckoutId::try_from(&named).map_err(|wrong| ShopperError::invalid(wrong, &["checkoutId"]));
        let input = serde_json::json!({ "checkoutId": named.as_str() });
        let request = Request::try_new("checkoutCancel", &idempotency_key, &input);
        let refused = match (id, request) {
            (Ok(id), Ok(request)) => Vec::from_iter(cancel(ctx, id, &request).await?),
            (id, request) => id.err().into_iter().chain(request.err()).collect(),
        };
        Ok(CheckoutCancelPayload { named, refused })
    }
}

async fn cancel(ctx: &Context<'_>, id: CheckoutId, request: &Request) -> Result<Option<ShopperError>> {
    let Some(checkout) = load(ctx, CheckoutById(id)).await? else { return Ok(Some(ShopperError::no_such_checkout())) };
    let called_off = load(ctx, CancellationOfOrder(checkout.order_id.clone())).await?.is_some();
    if checkout.saga.course == Phase::Confirmed && !called_off {
        let message = "It is an order by now: cancel that.";
        return Ok(Some(ShopperError::coded(UserErrorCode::NotCancellable, message, &["checkoutId"])));
    }
    let viewer = given::<Viewer>(ctx)?;
    let refused = given::<Store>(ctx)?.cancel(viewer, &checkout.order_id, None, request).await?.err();
    Ok(refused.map(|refusal| refusal.about("orderId", "checkoutId")))
}
