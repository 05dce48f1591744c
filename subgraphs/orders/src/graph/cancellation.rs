//! Cancellations.

use std::sync::Arc;

use async_graphql::{Enum, ID, Object};
use chrono::{DateTime, Utc};

use super::checkout::SagaStep;
use crate::cancellation;
use crate::saga::Progress;

pub struct Cancellation(pub Arc<cancellation::Cancellation>);

/// How a cancellation goes.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum CancellationState {
    /// On its way. The order is not cancelled yet.
    Running,
    /// The order is cancelled, and what was charged is refunded.
    Completed,
    /// The parcel could not be stopped. The order stands as it is, unless staff refunds it.
    Refused,
}

/// The cancellation of an order: its parcel is stopped, the payment refunded, and the units return to the stock, once the
/// parcel has when it was on its way. An order whose checkout is still running is turned round instead, and one that has
/// arrived is refunded alone.
#[Object]
impl Cancellation {
    /// Stays the same for good. Starts with `cnl_`.
    async fn id(&self) -> ID {
        self.0.id().as_str().into()
    }

    /// How it goes.
    async fn state(&self) -> CancellationState {
        match self.0.saga.progress {
            Progress::Waiting | Progress::Running => CancellationState::Running,
            Progress::Completed => CancellationState::Completed,
            Progress::Refused => CancellationState::Refused,
        }
    }

    /// When somebody asked for it.
    async fn started_at(&self) -> DateTime<Utc> {
        self.0.started_at
    }

    /// Why, in the words of who asked for it; null when nothing was said.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// Every step so far, in the order in which they began. Empty while the checkout has to come to rest first, and when
    /// the checkout itself was turned round: then its own timeline tells what was taken back.
    async fn timeline(&self) -> Vec<SagaStep> {
        self.0.saga.timeline.iter().map(SagaStep::from).collect()
    }

    /// After how many milliseconds to ask again; null when it has ended.
    async fn next_poll_ms(&self) -> Option<i32> {
        self.0.saga.next_poll_ms().map(|millis| i32::try_from(millis).unwrap_or(i32::MAX))
    }

    /// Why the order could not be cancelled, for people; null unless it was refused.
    async fn refusal(&self) -> Option<&str> {
        self.0.saga.refusal.as_deref()
    }
}
