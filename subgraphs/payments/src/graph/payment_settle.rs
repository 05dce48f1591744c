//! `paymentSettle`.

use async_graphql::{Context, ID, InputObject, Object};
use kit::{Result, Viewer};
use vocab::text::Line;
use vocab::{InvalidInput, OrderId};

use super::order::Order;
use super::user_error::UserError;
use crate::Audit;
use crate::payment::Payment;
use crate::settling::{NotSettled, PERMISSION};

/// The longest reference, in characters.
const LONGEST_REFERENCE: usize = 100;

/// A refund that the gateway does not make, and that was made in another way.
#[derive(InputObject)]
pub struct PaymentSettleInput {
    /// The order.
    order_id: ID,
    /// Where that other way can be looked up, such as the number of a bank transfer; 1 to 100 characters. It is kept in the
    /// log of what staff did.
    reference: String,
}

/// What became of `paymentSettle`.
pub enum PaymentSettlePayload {
    Settled(Box<Payment>),
    Refused(UserError),
}

/// What became of `paymentSettle`.
#[Object]
impl PaymentSettlePayload {
    /// The order, whose payment is refunded now. Null when it was refused.
    async fn order(&self) -> Option<Order> {
        match self {
            Self::Settled(payment) => Some(Order((**payment).clone())),
            Self::Refused(_) => None,
        }
    }

    /// Why nothing was settled; empty when it was.
    async fn user_errors(&self) -> Vec<UserError> {
        match self {
            Self::Settled(_) => vec![],
            Self::Refused(refused) => vec![refused.clone()],
        }
    }
}

#[derive(Default)]
pub struct Mutation;

#[Object]
impl Mutation {
    /// Says that an order was refunded in another way, such as a bank transfer, because the gateway does not make the refund
    /// that is under way: a card was closed, say. What the gateway has refunded by then counts as refunded there, and the
    /// rest as settled. The cancellation of the order goes on. For staff with the permission `orders`, with a recent proof
    /// of who they are.
    async fn payment_settle(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which order, and where the money went.")] input: PaymentSettleInput,
    ) -> Result<PaymentSettlePayload> {
        let viewer = ctx.data_unchecked::<Viewer>();
        viewer.require(PERMISSION)?;
        let staff = viewer.require_recent()?;
        let Ok(order_id) = OrderId::try_from(&input.order_id) else {
            return Ok(PaymentSettlePayload::Refused(NotSettled::NoPayment.into()));
        };
        let reference = match Line::parse(&input.reference, LONGEST_REFERENCE) {
            Ok(reference) => String::from(reference),
            Err(flaw) => {
                let invalid = InvalidInput::new(format!("The reference {flaw}."), &["reference"]);
                return Ok(PaymentSettlePayload::Refused(UserError::InvalidInput(invalid)));
            }
        };
        let settled = ctx.data_unchecked::<Audit>().settle(staff, &order_id, &reference).await?;
        Ok(match settled {
            Ok(payment) => PaymentSettlePayload::Settled(Box::new(payment)),
            Err(refused) => PaymentSettlePayload::Refused(refused.into()),
        })
    }
}
