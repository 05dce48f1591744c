//! `orderCancel`.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object};
use kit::{Result, Viewer};
use vocab::OrderId;
use vocab::text::{Paragraphs, TextFlaw};

use super::cancellation::Cancellation;
use super::order::Order;
use super::user_error::UserError;
use super::{given, load};
use crate::shopper_error::ShopperError;
use crate::store::{OrderById, Request, Store};
use crate::{cancellation, order};

/// The longest reason, in characters.
const LONGEST_REASON: usize = 500;

/// An order that is not wanted any more.
#[derive(InputObject)]
pub struct OrderCancelInput {
    /// The order.
    order_id: ID,
    /// Why, in your own words; 500 characters at most.
    reason: Option<String>,
    /// A key that the client chooses for this request, 1 to 255 bytes: a UUID does well. The same request again, under
    /// the same key, cancels once and is told how that goes; another request under the same key is refused.
    idempotency_key: String,
}

/// What became of `orderCancel`.
pub enum OrderCancelPayload {
    OrderWithCancellation(Arc<order::Order>, Arc<cancellation::Cancellation>),
    Refused(Vec<ShopperError>, ID),
}

/// What became of `orderCancel`.
#[Object]
impl OrderCancelPayload {
    /// The order as it is now, whether its cancellation has begun or was refused. It is cancelled only when that is
    /// completed. Null when it is not the viewer's.
    async fn order(&self, ctx: &Context<'_>) -> Result<Option<Order>> {
        let id = match self {
            Self::OrderWithCancellation(order, _) => Some(order.id.clone()),
            Self::Refused(_, named) => OrderId::try_from(named).ok(),
        };
        let Some(id) = id else { return Ok(None) };
        Ok(load(ctx, OrderById(id)).await?.map(Order::from))
    }

    /// The cancellation, which has only begun: ask for the order's again after `nextPollMs`. Null when it was refused.
    async fn cancellation(&self) -> Option<Cancellation> {
        match self {
            Self::OrderWithCancellation(_, cancellation) => Some(Cancellation(Arc::clone(cancellation))),
            Self::Refused(..) => None,
        }
    }

    /// Why nothing is cancelled, all of it at once; empty when a cancellation has begun.
    async fn user_errors(&self) -> Vec<UserError> {
        match self {
            Self::OrderWithCancellation(..) => vec![],
            Self::Refused(refused, _) => UserError::all(refused),
        }
    }
}

#[derive(Default)]
pub struct OrderCancel;

#[Object]
impl OrderCancel {
    /// Cancels an order, and answers at once with a cancellation to follow. Who bought it may cancel until its parcel is
    /// on its way; staff with the permission `orders` until it has arrived, with a recent proof of who
    /// they are. What was charged is refunded in full.
    async fn order_cancel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which order, and why.")] input: OrderCancelInput,
    ) -> Result<OrderCancelPayload> {
        let named = input.order_id.clone();
        let (order_id, reason, request) = match input.read() {
            Ok(read) => read,
            Err(refused) => return Ok(OrderCancelPayload::Refused(refused, named)),
        };
        let viewer = given::<Viewer>(ctx)?;
        let answer = given::<Store>(ctx)?.cancel(viewer, &order_id, reason.as_deref(), &request).await?;
        Ok(match answer {
            Ok((order, cancellation)) => {
                OrderCancelPayload::OrderWithCancellation(Arc::new(order), Arc::new(cancellation))
            }
            Err(refusal) => OrderCancelPayload::Refused(refusal.into(), named),
        })
    }
}

impl OrderCancelInput {
    fn read(self) -> Result<(OrderId, Option<String>, Request), Vec<ShopperError>> {
        let order_id = OrderId::try_from(&self.order_id).map_err(|wrong| ShopperError::invalid(wrong, &["orderId"]));
        let reason = match self.reason.map(|reason| Paragraphs::parse(&reason, 1, LONGEST_REASON)) {
            None | Some(Err(TextFlaw::Nothing)) => Ok(None),
            Some(Ok(reason)) => Ok(Some(String::from(reason))),
            Some(Err(flaw)) => Err(ShopperError::invalid(format!("The reason {flaw}."), &["reason"])),
        };
        let said = reason.as_ref().ok().and_then(Option::as_ref);
        let input = serde_json::json!({ "orderId": self.order_id.as_str(), "reason": said });
        let request = Request::try_new("orderCancel", &self.idempotency_key, &input);
        match (order_id, reason, request) {
            (Ok(order_id), Ok(reason), Ok(request)) => Ok((order_id, reason, request)),
            (order_id, reason, request) => {
                Err([order_id.err(), reason.err(), request.err()].into_iter().flatten().collect())
            }
        }
    }
}
