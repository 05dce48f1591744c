//! What a shopper should know about a line before paying.

use async_graphql::{Enum, ID, SimpleObject};

use crate::cart;

/// Something about a line that has changed since it was put into the cart.
#[derive(SimpleObject)]
pub struct CartIssue {
    /// What kind of issue this is.
    code: CartIssueCode,
    /// The line that it is about; null when it is about the whole cart.
    line_id: Option<ID>,
    /// What has changed, for people.
    message: String,
}

/// What can be wrong with a line.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum CartIssueCode {
    /// The price is another one now. Set the line again to take it.
    PriceChanged,
    /// It is not sold any more. Take the line out before the checkout.
    Unavailable,
}

impl From<cart::CartIssue> for CartIssue {
    fn from(issue: cart::CartIssue) -> Self {
        match issue {
            cart::CartIssue::PriceChanged { line_id, title, was, now } => Self {
                code: CartIssueCode::PriceChanged,
                line_id: Some(line_id.as_str().into()),
                message: format!("{title} costs {now} now, not {was}."),
            },
            cart::CartIssue::Unavailable { line_id, title } => Self {
                code: CartIssueCode::Unavailable,
                line_id: Some(line_id.as_str().into()),
                message: format!("{title} is not sold any more."),
            },
        }
    }
}
