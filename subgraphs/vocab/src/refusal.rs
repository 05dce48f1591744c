//! Kinds of refusals that a client tells apart by their type.

use async_graphql::SimpleObject;

use crate::{InvalidInput, UserErrorCode};

/// Refusals that need no more than their code, their words and where they are.
macro_rules! refusals {
    ($($(#[$meta:meta])* $name:ident)+) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, SimpleObject)]
        #[graphql(shareable)]
        pub struct $name {
            /// What kind of refusal this is.
            pub code: UserErrorCode,
            /// What is wrong and what to give instead, for people.
            pub message: String,
            /// Where in the input, from the outside in.
            pub path: Vec<String>,
        }

        impl From<InvalidInput> for $name {
            fn from(InvalidInput { code, message, path }: InvalidInput) -> Self {
                Self { code, message, path }
            }
        }
    )+};
}

refusals! {
    /// What the input refers to does not exist, or is not the viewer's.
    NotFound
    /// It exists already.
    AlreadyExists
    /// Somebody has changed it since it was read. Show what it is now, then ask again with its version.
    VersionConflict
    /// The idempotency key was used before with another input. Take a new key for a new request.
    IdempotencyMismatch
    /// The amounts are not all in one currency.
    CurrencyMismatch
    /// The cart takes no changes: a checkout of it is running, or it has become an order or went into another cart.
    CartClosed
    /// There is nothing in the cart.
    CartEmpty
    /// It was called off by somebody who may. Nothing was charged.
    CheckoutCancelled
    /// The order is too far to be cancelled.
    NotCancellable
    /// The order cannot be refunded by itself: it is cancelled instead, or nothing is paid for it.
    NotRefundable
    /// The link was used before, has expired, or another one was used since. Ask for another.
    LinkExpired
    /// A part of the shop did not answer in time. Nothing was changed: try again.
    Unavailable
}
