use async_graphql::Interface;
use vocab::{InvalidInput, NotFound, NotRefundable, UserErrorCode};

use crate::settling::NotSettled;

/// Why a mutation did not do what it was asked.
#[derive(Clone, Debug, Interface)]
#[graphql(
    field(name = "code", ty = "&UserErrorCode", desc = "What kind of refusal this is."),
    field(name = "message", ty = "&String", desc = "What is wrong and what to give instead, for people."),
    field(name = "path", ty = "&Vec<String>", desc = "Where in the input, from the outside in.")
)]
pub enum UserError {
    InvalidInput(InvalidInput),
    NotFound(NotFound),
    NotRefundable(NotRefundable),
}

impl From<NotSettled> for UserError {
    fn from(refused: NotSettled) -> Self {
        let coded = |code, message| InvalidInput::coded(code, message, &["orderId"]);
        match refused {
            NotSettled::NoPayment => {
                Self::NotFound(coded(UserErrorCode::NotFound, "Nothing was ever paid for such an order.").into())
            }
            NotSettled::NoRefund => {
                let message = "No refund of this order is under way. Cancel or refund the order first.";
                Self::NotRefundable(coded(UserErrorCode::NotRefundable, message).into())
            }
        }
    }
}
