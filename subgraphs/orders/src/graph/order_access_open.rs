//! `orderAccessOpen`.

use async_graphql::{Context, InputObject, Object};
use kit::identity::token::Verifier;
use kit::{Failure, Result};

use super::given;
use super::order::Order;
use super::user_error::UserError;
use crate::order_lookup::FoundOrder;
use crate::shopper_error::ShopperError;
use crate::store::Store;

/// A link to an order that was mailed.
#[derive(InputObject)]
pub struct OrderAccessOpenInput {
    /// What stands behind `token=` in the link.
    token: String,
}

/// What became of `orderAccessOpen`.
pub enum OrderAccessOpenPayload {
    Opened(FoundOrder),
    Refused(ShopperError),
}

/// What became of `orderAccessOpen`.
#[Object]
impl OrderAccessOpenPayload {
    /// The order, which is the viewer's own now; null when the link does not hold.
    async fn order(&self, ctx: &Context<'_>) -> Result<Option<Order>> {
        let Self::Opened(found) = self else { return Ok(None) };
        let order = given::<Store>(ctx)?.order(&found.order_id).await?;
        let missing = || Failure::fault(anyhow::anyhow!("{} is gone right after it was found", found.order_id));
        Ok(Some(Order::opened(order.ok_or_else(missing)?)))
    }

    /// The secret that the order is found with: send it as `x-cart-token` from now on. It is shown this once. Null when
    /// the viewer is signed in or has a secret already, and the order belongs to that.
    async fn cart_token(&self) -> Option<&str> {
        match self {
            Self::Opened(found) => found.token.as_deref(),
            Self::Refused(_) => None,
        }
    }

    /// Why nothing was opened; empty when the order was.
    async fn user_errors(&self) -> Vec<UserError> {
        match self {
            Self::Opened(_) => vec![],
            Self::Refused(refusal) => vec![refusal.clone().into()],
        }
    }
}

#[derive(Default)]
pub struct OrderAccessOpen;

#[Object]
impl OrderAccessOpen {
    /// Opens an order with the link that was mailed for it. It becomes the viewer's own: whoever had it before, with
    /// another guest's secret, has it no more, and every other link to the order is void.
    async fn order_access_open(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which link.")] input: OrderAccessOpenInput,
    ) -> Result<OrderAccessOpenPayload> {
        let opened = given::<Store>(ctx)?.open_order_link(given(ctx)?, given::<Verifier>(ctx)?, &input.token).await?;
        Ok(opened.map_or_else(OrderAccessOpenPayload::Refused, OrderAccessOpenPayload::Opened))
    }
}
