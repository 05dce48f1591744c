//! `orderCancel`.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object};
use kit::{Result, Viewer};
use vocab::OrderId;
use vocab::text::{Paragraphs, TextFlaw};

use super::cancellation::Cancellation;
use super::given;
use super::order::Order;
use super::user_error::UserError;
use crate::refusal::Refusal;
use crate::store::{Request, Store};
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
    Wished(Arc<order::Order>, Arc<cancellation::Cancellation>),
    Refused(Refusal),
}

/// What became of `orderCancel`.
#[Object]
impl OrderCancelPayload {
    /// The order, which is cancelled only when its cancellation is completed. Null when that was refused.
    async fn order(&self) -> Option<Order> {
        match self {
            Self::Wished(order, _) => Some(Order::from(Arc::clone(order))),
            Self::Refused(_) => None,
        }
    }

    /// The cancellation, which has only begun: ask for the order's again after `nextPollMs`. Null when it was refused.
    async fn cancellation(&self) -> Option<Cancellation> {
        match self {
            Self::Wished(_, cancellation) => Some(Cancellation(Arc::clone(cancellation))),
            Self::Refused(_) => None,
        }
    }

    /// Why nothing is cancelled; empty when a cancellation has begun.
    async fn user_errors(&self) -> Vec<UserError> {
        match self {
            Self::Wished(..) => vec![],
            Self::Refused(refusal) => vec![refusal.clone().into()],
        }
    }
}

#[derive(Default)]
pub struct OrderCancel;

#[Object]
impl OrderCancel {
    /// Cancels an order, and answers at once with a cancellation to follow. Who bought it may cancel until its parcel is
    /// on its way; staff with the permission `orders` until it has arrived. What was charged is refunded in full.
    async fn order_cancel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which order, and why.")] input: OrderCancelInput,
    ) -> Result<OrderCancelPayload> {
        let (order_id, reason, request) = match input.read() {
            Ok(read) => read,
            Err(refused) => return Ok(OrderCancelPayload::Refused(refused)),
        };
        let viewer = given::<Viewer>(ctx)?;
        let answer = given::<Store>(ctx)?.cancel(viewer, &order_id, reason.as_deref(), &request).await?;
        Ok(match answer {
            Ok((order, cancellation)) => OrderCancelPayload::Wished(Arc::new(order), Arc::new(cancellation)),
            Err(refused) => OrderCancelPayload::Refused(refused),
        })
    }
}

impl OrderCancelInput {
    fn read(self) -> Result<(OrderId, Option<String>, Request), Refusal> {
        let order_id = OrderId::try_from(&self.order_id).map_err(|wrong| Refusal::invalid(wrong, &["orderId"]))?;
        let reason = match self.reason.map(|reason| Paragraphs::parse(&reason, 1, LONGEST_REASON)) {
            None | Some(Err(TextFlaw::Nothing)) => None,
            Some(Ok(reason)) => Some(String::from(reason)),
            Some(Err(flaw)) => return Err(Refusal::invalid(format!("The reason {flaw}."), &["reason"])),
        };
        let input = serde_json::json!({ "orderId": order_id, "reason": reason });
        let request = Request::try_new("orderCancel", &self.idempotency_key, &input)?;
        Ok((order_id, reason, request))
    }
}
