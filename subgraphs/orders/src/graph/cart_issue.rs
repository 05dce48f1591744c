//! What a shopper should know before paying.

use async_graphql::{Enum, ID, SimpleObject};
use vocab::Money;

use crate::cart;

/// Something that stands between a cart and its order, or has changed since a line was put in.
#[derive(SimpleObject)]
pub struct CartIssue {
    /// What kind of issue this is.
    code: CartIssueCode,
    /// The line that it is about; null when it is about the whole cart.
    line_id: Option<ID>,
    /// What has changed, for people.
    message: String,
    /// The price of a unit that the line shows; null when the issue is not about a price.
    was: Option<Money>,
    /// The price of a unit now; null when the issue is not about a price.
    now: Option<Money>,
    /// How many units are left; null when the issue is not about that.
    available: Option<i32>,
}

/// What can be wrong with a cart. More kinds may come.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum CartIssueCode {
    /// The price is another one now. Set the line again to take it.
    PriceChanged,
    /// It is not sold any more. Take the line out before the checkout.
    Unavailable,
    /// Fewer units are left than the line wants. Set it to what is available.
    LowStock,
    /// Nothing is left. Take the line out, or wait for more.
    OutOfStock,
    /// The chosen delivery cannot be had any more. Choose another.
    DeliveryUnavailable,
}

impl CartIssue {
    fn new(code: CartIssueCode, message: String) -> Self {
        Self { code, line_id: None, message, was: None, now: None, available: None }
    }

    fn of_line(code: CartIssueCode, line_id: &vocab::CartLineId, message: String) -> Self {
        Self { line_id: Some(line_id.as_str().into()), ..Self::new(code, message) }
    }
}

impl From<cart::CartIssue> for CartIssue {
    fn from(issue: cart::CartIssue) -> Self {
        use CartIssueCode::{DeliveryUnavailable, LowStock, OutOfStock, PriceChanged, Unavailable};
        match issue {
            cart::CartIssue::PriceChanged { line_id, title, was, now } => {
                let message = format!("{title} costs {now} now, not {was}.");
                Self { was: Some(was), now: Some(now), ..Self::of_line(PriceChanged, &line_id, message) }
            }
            cart::CartIssue::Unavailable { line_id, title } => {
                Self::of_line(Unavailable, &line_id, format!("{title} is not sold any more."))
            }
            cart::CartIssue::LowStock { line_id, title, available } => {
                let message = format!("Only {available} of {title} are left.");
                let available = Some(i32::try_from(available).unwrap_or(i32::MAX));
                Self { available, ..Self::of_line(LowStock, &line_id, message) }
            }
            cart::CartIssue::OutOfStock { line_id, title } => {
                let message = format!("{title} is sold out.");
                Self { available: Some(0), ..Self::of_line(OutOfStock, &line_id, message) }
            }
            cart::CartIssue::DeliveryUnavailable { delivery } => {
                let message =
                    format!("This cart cannot be delivered to {} in the chosen way any more.", delivery.country);
                Self::new(DeliveryUnavailable, message)
            }
        }
    }
}
