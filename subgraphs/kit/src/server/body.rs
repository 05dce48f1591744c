//! A request's body with a deadline, and an answer's that says when it is through.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use tokio::time::{Sleep, sleep};

use super::stream::Phase;

/// A request's body was not there in time. It stands among the causes of what reading the body fails with.
#[derive(Clone, Copy, Debug)]
pub struct BodyTimedOut {
    pub within: Duration,
}

impl BodyTimedOut {
    /// Among what a failure to read a body was caused by.
    pub fn among(cause: &(dyn std::error::Error + 'static)) -> Option<Self> {
        let mut causes = std::iter::successors(Some(cause), |cause| cause.source());
        causes.find_map(|cause| cause.downcast_ref().copied())
    }
}

impl std::fmt::Display for BodyTimedOut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "The body was not there whole within {} s. Send it again, and faster.", self.within.as_secs_f32())
    }
}

impl std::error::Error for BodyTimedOut {}

/// A request's body, which must be there whole in time.
pub fn timed(body: Incoming, within: Duration) -> Body {
    if body.is_end_stream() {
        return Body::empty();
    }
    Body::new(Timed { body, within, deadline: Box::pin(sleep(within)) })
}

struct Timed {
    body: Incoming,
    within: Duration,
    deadline: Pin<Box<Sleep>>,
}

impl HttpBody for Timed {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if self.deadline.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Some(Err(BodyTimedOut { within: self.within }.into())));
        }
        Pin::new(&mut self.body).poll_frame(cx).map_err(Into::into)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// An answer's body. When it has been handed over, or is dropped, the next request may come.
pub fn answer(body: Body, phase: Phase) -> Answer {
    Answer { body, phase }
}

pub struct Answer {
    body: Body,
    phase: Phase,
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.phase.served();
    }
}
