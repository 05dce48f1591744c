//! Refusals, as the schema shows them.

use async_graphql::{Interface, SimpleObject};
use vocab::{
    CartClosed, CartEmpty, CheckoutCancelled, CurrencyMismatch, IdempotencyMismatch, InvalidInput, LinkExpired, Money,
    NotCancellable, NotFound, NotRefundable, Quantity, Unavailable, UserErrorCode, VersionConflict,
};

use super::carts_kept_apart::CartsKeptApart;
use crate::order::Order;
use crate::order_link::TooManyLinks;
use crate::saga::{Failure, Shortage, Step};
use crate::shopper_error::ShopperError;

/// Why a mutation did not do what it was asked.
#[derive(Clone, Interface)]
#[graphql(
    field(name = "code", ty = "&UserErrorCode", desc = "What kind of refusal this is."),
    field(name = "message", ty = "&String", desc = "What is wrong and what to give instead, for people."),
    field(name = "path", ty = "&Vec<String>", desc = "Where in the input, from the outside in.")
)]
pub enum UserError {
    InvalidInput(InvalidInput),
    NotFound(NotFound),
    VersionConflict(VersionConflict),
    IdempotencyMismatch(IdempotencyMismatch),
    CurrencyMismatch(CurrencyMismatch),
    QuantityLimit(QuantityLimit),
    CartEmpty(CartEmpty),
    CartClosed(CartClosed),
    CheckoutCancelled(CheckoutCancelled),
    NotCancellable(NotCancellable),
    NotRefundable(NotRefundable),
    LinkExpired(LinkExpired),
    TooManyAttempts(TooManyAttempts),
    Unavailable(Unavailable),
    TotalChanged(TotalChanged),
    InsufficientStock(InsufficientStock),
    HoldLimit(HoldLimit),
    PaymentDeclined(PaymentDeclined),
    ShippingRefused(ShippingRefused),
    CartsKeptApart(CartsKeptApart),
}

/// The total is not the one that the shopper was shown. Show `now`; to accept it, submit with it as `expectedTotal`.
#[derive(Clone, SimpleObject)]
pub struct TotalChanged {
    /// What kind of refusal this is.
    pub code: UserErrorCode,
    /// What is wrong and what to give instead, for people.
    pub message: String,
    /// Where in the input, from the outside in.
    pub path: Vec<String>,
    /// The total that was expected.
    pub was: Money,
    /// The total at the prices of now.
    pub now: Money,
}

/// One order takes fewer units of a variant than that.
#[derive(Clone, SimpleObject)]
pub struct QuantityLimit {
    /// What kind of refusal this is.
    pub code: UserErrorCode,
    /// What is wrong and what to give instead, for people.
    pub message: String,
    /// Where in the input, from the outside in.
    pub path: Vec<String>,
    /// The most units of one variant that one order takes.
    pub most: i32,
}

/// It was tried too often. Nothing was looked at.
#[derive(Clone, SimpleObject)]
#[graphql(shareable)]
pub struct TooManyAttempts {
    /// `TOO_MANY_ATTEMPTS`.
    pub code: UserErrorCode,
    /// What is wrong, for people.
    pub message: String,
    /// Empty: it is no matter of one value.
    pub path: Vec<String>,
    /// In how many seconds it may be tried again.
    pub retry_after_seconds: u32,
}

/// Fewer units are left than the order asks for.
#[derive(Clone, SimpleObject)]
pub struct InsufficientStock {
    /// What kind of refusal this is.
    pub code: UserErrorCode,
    /// What is wrong and what to give instead, for people.
    pub message: String,
    /// Where in the input, from the outside in.
    pub path: Vec<String>,
    /// The variant that is short. When several are, this is the first, and the message tells of all.
    pub variant_id: async_graphql::ID,
    /// How many units can be ordered now.
    pub available: i32,
}

/// The buyer holds as many units as one buyer may, in orders that are under way.
#[derive(Clone, SimpleObject)]
pub struct HoldLimit {
    /// What kind of refusal this is.
    pub code: UserErrorCode,
    /// What is wrong and what to give instead, for people.
    pub message: String,
    /// Where in the input, from the outside in.
    pub path: Vec<String>,
    /// The variant that there is too much of. When several are, this is the first, and the message tells of all.
    pub variant_id: async_graphql::ID,
    /// How many units the buyer may still order now.
    pub available: i32,
}

/// The payment was declined, and nothing was charged.
#[derive(Clone, SimpleObject)]
pub struct PaymentDeclined {
    /// What kind of refusal this is.
    pub code: UserErrorCode,
    /// What is wrong and what to give instead, for people.
    pub message: String,
    /// Where in the input, from the outside in.
    pub path: Vec<String>,
    /// The reason in a word, as the payment provider gives it: `card_declined`.
    pub reason: String,
}

/// We do not deliver there, or nothing so heavy, or not by this method; or the carrier refused the shipment. `path` leads to
/// what must be another: the country, the cart or the method.
#[derive(Clone, SimpleObject)]
pub struct ShippingRefused {
    /// What kind of refusal this is.
    pub code: UserErrorCode,
    /// What is wrong and what to give instead, for people.
    pub message: String,
    /// Where in the input, from the outside in.
    pub path: Vec<String>,
}

impl From<ShopperError> for UserError {
    fn from(refusal: ShopperError) -> Self {
        match refusal {
            ShopperError::Invalid(invalid) => Self::typed(invalid),
            ShopperError::TotalChanged { was, now } => Self::TotalChanged(TotalChanged {
                code: UserErrorCode::TotalChanged,
                message: format!("The total is {now} now, not {was}."),
                path: vec!["expectedTotal".into()],
                was,
                now,
            }),
            ShopperError::ShippingRefused { message, path } => Self::shipping(message, path),
            ShopperError::QuantityLimit { title, path } => Self::QuantityLimit(QuantityLimit {
                code: UserErrorCode::QuantityLimit,
                message: format!("{title}: one order takes {} at most.", Quantity::MOST_PER_ORDER),
                path,
                most: i32::try_from(Quantity::MOST_PER_ORDER).unwrap_or(i32::MAX),
            }),
        }
    }
}

impl UserError {
    /// All that was refused.
    pub fn all(refused: &[ShopperError]) -> Vec<Self> {
        refused.iter().cloned().map(Self::from).collect()
    }

    /// Each kind of refusal is a type of its own, so that a client tells them apart without reading codes.
    fn typed(refused: InvalidInput) -> Self {
        match refused.code {
            UserErrorCode::NotFound => Self::NotFound(refused.into()),
            UserErrorCode::VersionConflict => Self::VersionConflict(refused.into()),
            UserErrorCode::IdempotencyMismatch => Self::IdempotencyMismatch(refused.into()),
            UserErrorCode::CurrencyMismatch => Self::CurrencyMismatch(refused.into()),
            UserErrorCode::CartEmpty => Self::CartEmpty(refused.into()),
            UserErrorCode::CartClosed => Self::CartClosed(refused.into()),
            UserErrorCode::Cancelled => Self::CheckoutCancelled(refused.into()),
            UserErrorCode::NotCancellable => Self::NotCancellable(refused.into()),
            UserErrorCode::NotRefundable => Self::NotRefundable(refused.into()),
            UserErrorCode::LinkExpired => Self::LinkExpired(refused.into()),
            UserErrorCode::Unavailable => Self::Unavailable(refused.into()),
            _ => Self::InvalidInput(refused),
        }
    }
}

impl From<TooManyLinks> for UserError {
    fn from(refused: TooManyLinks) -> Self {
        Self::TooManyAttempts(TooManyAttempts {
            code: UserErrorCode::TooManyAttempts,
            message: "That was tried too often. Wait a while, then try again.".to_owned(),
            path: Vec::new(),
            retry_after_seconds: refused.retry_after_seconds,
        })
    }
}

impl UserError {
    /// Why the checkout of `order` failed. Its path leads into the input that the checkout began with.
    pub fn of_checkout(failure: &Failure, order: &Order) -> Self {
        match failure {
            Failure::InsufficientStock { shortages } => match shortages.first() {
                Some(first) => Self::shortage(first, shortages, order),
                None => Self::plain(UserErrorCode::InsufficientStock, "Fewer units are left than were ordered."),
            },
            Failure::HoldLimit { shortages } => match shortages.first() {
                Some(first) => Self::hold_limit(first, shortages, order),
                None => Self::plain(UserErrorCode::HoldLimit, "You hold as many units as one buyer may."),
            },
            Failure::Cancelled { .. } => {
                Self::plain(UserErrorCode::Cancelled, "It was cancelled on request. Nothing was charged.")
            }
            Failure::PaymentDeclined { reason, message } => Self::PaymentDeclined(PaymentDeclined {
                code: UserErrorCode::PaymentDeclined,
                message: message.clone(),
                path: vec!["paymentMethodToken".into()],
                reason: reason.clone(),
            }),
            Failure::ShippingRefused { message } => Self::shipping(message.clone(), vec!["shippingAddress".into()]),
            Failure::Unanswered { step } => Self::plain(UserErrorCode::Unavailable, unanswered(*step)),
            Failure::ReservationExpired => {
                let message = "The items could not be held for long enough. Nothing was charged: try again.";
                Self::plain(UserErrorCode::Unavailable, message)
            }
        }
    }

    fn plain(code: UserErrorCode, message: &str) -> Self {
        Self::typed(InvalidInput::coded(code, message, &[]))
    }

    fn shipping(message: String, path: Vec<String>) -> Self {
        Self::ShippingRefused(ShippingRefused { code: UserErrorCode::ShippingRefused, message, path })
    }

    fn hold_limit(first: &Shortage, all: &[Shortage], order: &Order) -> Self {
        let told = |short: &Shortage| {
            let Shortage { requested, available, .. } = short;
            format!("{}: {requested} ordered, and you may take {available} more for now.", title(short, order))
        };
        Self::HoldLimit(HoldLimit {
            code: UserErrorCode::HoldLimit,
            message: all.iter().map(told).collect::<Vec<_>>().join(" "),
            path: vec!["cartId".into()],
            variant_id: first.variant_id.as_str().into(),
            available: i32::try_from(first.available).unwrap_or(i32::MAX),
        })
    }

    fn shortage(first: &Shortage, all: &[Shortage], order: &Order) -> Self {
        let told = |short: &Shortage| {
            format!("{}: {} ordered, {} left.", title(short, order), short.requested, short.available)
        };
        Self::InsufficientStock(InsufficientStock {
            code: UserErrorCode::InsufficientStock,
            message: all.iter().map(told).collect::<Vec<_>>().join(" "),
            path: vec!["cartId".into()],
            variant_id: first.variant_id.as_str().into(),
            available: i32::try_from(first.available).unwrap_or(i32::MAX),
        })
    }
}

fn title<'a>(short: &'a Shortage, order: &'a Order) -> &'a str {
    let line = order.lines.iter().find(|line| line.variant_id == short.variant_id);
    line.map_or(short.variant_id.as_str(), |line| &line.title)
}

fn unanswered(step: Step) -> &'static str {
    match step {
        Step::AuthorizePayment => "The payment provider did not answer in time. Nothing was charged: try again.",
        Step::CreateShipment => "The carrier did not answer in time. Nothing was charged: try again.",
        _ => "The stock did not answer in time. Nothing was charged: try again.",
    }
}
