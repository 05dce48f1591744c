//! Checkouts.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use kit::{Failure, Result};
use vocab::CheckoutId;

use super::order::Order;
use super::user_error::UserError;
use super::{entity, load};
use crate::checkout;
use crate::saga::{Phase, Step, StepOutcome, StepRecord};
use crate::store::{CheckoutById, OrderById, PlacedOrder};

pub struct Checkout(pub Arc<checkout::Checkout>);

/// How a checkout goes.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum CheckoutState {
    /// On its way.
    Running,
    /// It failed, and what it had done is being taken back.
    Compensating,
    /// The order is confirmed and paid.
    Completed,
    /// It failed, nothing was charged, and the cart takes changes again.
    Failed,
}

/// A step of a checkout or of a cancellation: what was tried, and how it went.
#[derive(SimpleObject)]
pub struct SagaStep {
    /// What was tried: `reserve_stock`, `authorize_payment`, `create_shipment`, `capture_payment`, `confirm_order`,
    /// `settle_stock`, or what takes one of them back: `release_stock`, `void_payment`, `cancel_shipment`,
    /// `return_stock`.
    name: &'static str,
    /// How it went.
    state: SagaStepState,
    /// How often it was asked for; more than 1 when an answer was late.
    attempt: i32,
    /// When it last changed.
    at: DateTime<Utc>,
    /// The step that this one takes back; null for a step forward.
    compensates: Option<&'static str>,
}

/// How a step went.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum SagaStepState {
    /// Asked for, not answered yet.
    Started,
    /// Done.
    Done,
    /// Refused, or not answered in time.
    Failed,
    /// Taken back.
    Compensated,
}

impl From<&StepRecord> for SagaStep {
    fn from(tried: &StepRecord) -> Self {
        let state = match tried.outcome {
            StepOutcome::Started => SagaStepState::Started,
            StepOutcome::Done => SagaStepState::Done,
            StepOutcome::Failed => SagaStepState::Failed,
            StepOutcome::Compensated => SagaStepState::Compensated,
        };
        Self {
            name: tried.step.name(),
            state,
            attempt: i32::try_from(tried.attempt).unwrap_or(i32::MAX),
            at: tried.at,
            compensates: tried.step.compensates().map(Step::name),
        }
    }
}

#[derive(Default)]
pub struct CheckoutQuery;

#[Object]
impl CheckoutQuery {
    /// A checkout of the viewer's own; null when there is none with this id. It stays readable for ever.
    async fn checkout(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the checkout.")] id: ID,
    ) -> Result<Option<Checkout>> {
        let Ok(id) = CheckoutId::try_from(&id) else { return Ok(None) };
        Ok(load(ctx, CheckoutById(id)).await?.map(Checkout))
    }

    #[graphql(entity)]
    async fn find_checkout_by_id(&self, ctx: &Context<'_>, id: ID) -> Option<Checkout> {
        let id = CheckoutId::try_from(&id).ok()?;
        entity(ctx, CheckoutById(id)).await.map(Checkout)
    }
}

/// A cart on its way to an order: stock is reserved, the payment authorized, the shipment prepared, and only then is
/// anything charged.
#[Object]
impl Checkout {
    /// The id of the checkout.
    async fn id(&self) -> ID {
        self.0.id.as_str().into()
    }

    /// How it goes.
    async fn state(&self) -> CheckoutState {
        match self.0.saga.course {
            Phase::Forward => CheckoutState::Running,
            Phase::Back => CheckoutState::Compensating,
            Phase::Confirmed => CheckoutState::Completed,
            Phase::Cancelled => CheckoutState::Failed,
        }
    }

    /// When it was submitted.
    async fn started_at(&self) -> DateTime<Utc> {
        self.0.started_at
    }

    /// Every step so far, in the order in which they began.
    async fn timeline(&self) -> Vec<SagaStep> {
        self.0.saga.timeline.iter().map(SagaStep::from).collect()
    }

    /// After how many milliseconds to ask again; null when it is settled.
    async fn next_poll_ms(&self) -> Option<i32> {
        self.0.next_poll_ms().map(|millis| i32::try_from(millis).unwrap_or(i32::MAX))
    }

    /// Until when the items are held for it; null when they are not held any more.
    async fn reserved_until(&self) -> Option<DateTime<Utc>> {
        self.0.saga.held_until()
    }

    /// Why it failed; null while it runs, and when it did not.
    async fn failure(&self, ctx: &Context<'_>) -> Result<Option<UserError>> {
        let Some(failure) = &self.0.saga.failure else { return Ok(None) };
        let submitted = load(ctx, PlacedOrder(self.0.order_id.clone())).await?;
        let missing = || Failure::fault(anyhow::anyhow!("what {} was submitted for is gone", self.0.id));
        Ok(Some(UserError::of_checkout(failure, &*submitted.ok_or_else(missing)?)))
    }

    /// The order that it has become; null while it runs, and for good when it failed: there is no order then, and no
    /// number.
    async fn order(&self, ctx: &Context<'_>) -> Result<Option<Order>> {
        Ok(load(ctx, OrderById(self.0.order_id.clone())).await?.map(Order::from))
    }
}
