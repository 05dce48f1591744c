//! `orderRefund`.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object};
use kit::{Result, Viewer};
use vocab::OrderId;

use super::cancellation::Cancellation;
use super::order::Order;
use super::user_error::UserError;
use super::{given, load};
use crate::shopper_error::ShopperError;
use crate::store::{OrderById, PERMISSION, Request, Store};
use crate::{cancellation, order};

/// An order whose payment is to be given back.
#[derive(InputObject)]
pub struct OrderRefundInput {
    /// The order.
    order_id: ID,
    /// A key that the client chooses for this request, 1 to 255 bytes: a UUID does well. The same request again, under
    /// the same key, refunds once and is told how that goes; another request under the same key is refused.
    idempotency_key: String,
}

/// What became of `orderRefund`.
pub enum OrderRefundPayload {
    Begun(Arc<order::Order>, Arc<cancellation::Cancellation>),
    Refused(Vec<ShopperError>, ID),
}

/// What became of `orderRefund`.
#[Object]
impl OrderRefundPayload {
    /// The order as it is now, whether its refund has begun or was refused. It is cancelled once it is refunded. Null when
    /// there is no such order.
    async fn order(&self, ctx: &Context<'_>) -> Result<Option<Order>> {
        let id = match self {
            Self::Begun(order, _) => Some(order.id.clone()),
            Self::Refused(_, named) => OrderId::try_from(named).ok(),
        };
        let Some(id) = id else { return Ok(None) };
        Ok(load(ctx, OrderById(id)).await?.map(Order::from))
    }

    /// How the refund goes, which has only begun: ask for the order's cancellation again after `nextPollMs`. Null when it
    /// was refused.
    async fn cancellation(&self) -> Option<Cancellation> {
        match self {
            Self::Begun(_, cancellation) => Some(Cancellation(Arc::clone(cancellation))),
            Self::Refused(..) => None,
        }
    }

    /// Why nothing is refunded, all of it at once; empty when a refund has begun.
    async fn user_errors(&self) -> Vec<UserError> {
        match self {
            Self::Begun(..) => vec![],
            Self::Refused(refused, _) => UserError::all(refused),
        }
    }
}

#[derive(Default)]
pub struct OrderRefund;

#[Object]
impl OrderRefund {
    /// Refunds an order in full whose parcel has arrived, and answers at once with a cancellation to follow: what was
    /// bought stays where it is. An order whose parcel has not arrived is cancelled instead. For staff with the permission
    /// `orders`, with a recent proof of who they are.
    async fn order_refund(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which order.")] input: OrderRefundInput,
    ) -> Result<OrderRefundPayload> {
        let viewer = given::<Viewer>(ctx)?;
        viewer.require(PERMISSION)?;
        let named = input.order_id.clone();
        let (order_id, request) = match input.read() {
            Ok(read) => read,
            Err(refused) => return Ok(OrderRefundPayload::Refused(refused, named)),
        };
        Ok(match given::<Store>(ctx)?.refund(viewer, &order_id, &request).await? {
            Ok((order, cancellation)) => OrderRefundPayload::Begun(Arc::new(order), Arc::new(cancellation)),
            Err(refusal) => OrderRefundPayload::Refused(refusal.into(), named),
        })
    }
}

impl OrderRefundInput {
    fn read(self) -> Result<(OrderId, Request), Vec<ShopperError>> {
        let order_id = OrderId::try_from(&self.order_id).map_err(|wrong| ShopperError::invalid(wrong, &["orderId"]));
        let input = serde_json::json!({ "orderId": self.order_id.as_str() });
        match (order_id, Request::try_new("orderRefund", &self.idempotency_key, &input)) {
            (Ok(order_id), Ok(request)) => Ok((order_id, request)),
            (order_id, request) => Err([order_id.err(), request.err()].into_iter().flatten().collect()),
        }
    }
}
