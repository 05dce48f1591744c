//! Why a mutation did not do what it was asked, in a form that a client can match on.

use async_graphql::{Enum, SimpleObject};

/// Why a mutation refused. Every `UserError` carries one; some come with a type of their own that says more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum UserErrorCode {
    /// A value is missing, malformed or out of range. `path` names it.
    InvalidInput,
    /// What the input refers to does not exist, or is not yours.
    NotFound,
    /// It exists already.
    AlreadyExists,
    /// The credentials do not match an account.
    InvalidCredentials,
    /// The sign-in is too long ago for this: sign in again, then retry.
    SignInAgain,
    /// The link was used before, has expired, or another one was used since: ask for another.
    LinkExpired,
    /// There are as many as there may be: remove one first.
    TooMany,
    /// The address of the account was never verified: follow the link in the mail, or ask for another.
    EmailNotVerified,
    /// Too many attempts: `retryAfterSeconds` says when to try again.
    TooManyAttempts,
    /// The password is guessed too easily: choose another.
    WeakPassword,
    /// The password is right, and a code of the second factor comes next.
    SecondFactorRequired,
    /// The code does not hold, or was used already.
    InvalidCode,
    /// You do not hold what this takes: ask who does.
    PermissionNotHeld,
    /// The shop has no other owner: make somebody else one first.
    LastOwner,
    /// The session is over: sign in again.
    SessionEnded,
    /// There is an account with this address already: sign in to it first, then link the provider.
    IdentityNotLinked,
    /// The provider did not vouch for an e-mail address.
    IdentityWithoutEmail,
    /// It is the only way into the account: set a password or link another provider first.
    LastWayIn,
    /// Somebody changed it since you read it: read again, then retry.
    VersionConflict,
    /// The idempotency key was used before with another input: use a new key for a new request.
    IdempotencyMismatch,
    /// The total is not the one that you showed the shopper.
    TotalChanged,
    /// Fewer units are left than were asked for.
    InsufficientStock,
    /// The buyer holds as many units of it as one buyer may.
    HoldLimit,
    /// One order takes fewer units of it than that.
    QuantityLimit,
    /// The amounts are not all in one currency.
    CurrencyMismatch,
    /// The payment was declined.
    PaymentDeclined,
    /// The carrier does not deliver there, or refused the shipment.
    ShippingRefused,
    /// There is nothing in the cart.
    CartEmpty,
    /// The cart has become an order and takes no more changes.
    CartClosed,
    /// It was cancelled because somebody asked for that.
    Cancelled,
    /// The order is too far to be cancelled.
    NotCancellable,
    /// The order cannot be refunded by itself: it is cancelled instead, or nothing is paid for it.
    NotRefundable,
    /// Only who bought it may do that.
    NotPurchased,
    /// A part of the shop did not answer in time. Nothing was changed: try again.
    Unavailable,
}

/// A value of the input is missing, malformed or out of range.
#[derive(Clone, Debug, PartialEq, Eq, SimpleObject)]
#[graphql(shareable)]
pub struct InvalidInput {
    /// What kind of refusal this is.
    pub code: UserErrorCode,
    /// What is wrong and what to give instead, for people.
    pub message: String,
    /// Where in the input, from the outside in.
    pub path: Vec<String>,
}

impl InvalidInput {
    pub fn new(message: impl ToString, path: &[&str]) -> Self {
        Self::coded(UserErrorCode::InvalidInput, message, path)
    }

    /// A refusal that needs no more than its code and its words.
    pub fn coded(code: UserErrorCode, message: impl ToString, path: &[&str]) -> Self {
        Self { code, message: sentence(message.to_string()), path: path.iter().map(|&step| step.to_owned()).collect() }
    }
}

/// What people read begins with a capital and ends with a full stop. A word that is spelt in its own way stays so.
fn sentence(mut message: String) -> String {
    let first = message.split(' ').next().unwrap_or_default();
    if first.bytes().all(|letter| letter.is_ascii_lowercase()) && !first.is_empty() {
        message[..1].make_ascii_uppercase();
    }
    if !message.ends_with(['.', '!', '?', '…']) {
        message.push('.');
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_refused_is_told_in_a_sentence() {
        for (said, told) in [
            ("a title is too long", "A title is too long."),
            ("Write one line.", "Write one line."),
            ("`first` is 0: ask for more", "`first` is 0: ask for more."),
            ("eBook readers are sold out", "eBook readers are sold out."),
            ("Who are you?", "Who are you?"),
            ("straße is no street", "straße is no street."),
        ] {
            assert_eq!(InvalidInput::new(said, &["title"]).message, told);
        }
    }
}
