//! Why a guest's cart and a user's did not become one.

use async_graphql::SimpleObject;
use vocab::{CartId, UserErrorCode};

use crate::cart::{KeptApart, MOST_LINES};

/// The guest's cart is the viewer's own now, beside the one that the viewer had: as one they would have lost something.
#[derive(Clone, SimpleObject)]
pub struct CartsKeptApart {
    /// What kind of refusal this is.
    pub code: UserErrorCode,
    /// What is wrong and what to give instead, for people.
    pub message: String,
    /// Where in the input, from the outside in.
    pub path: Vec<String>,
    /// The cart that the viewer had before.
    pub other_cart_id: async_graphql::ID,
}

impl CartsKeptApart {
    pub fn new(other: &CartId, why: KeptApart) -> Self {
        let code = match why {
            KeptApart::Currencies => UserErrorCode::CurrencyMismatch,
            KeptApart::Quantity | KeptApart::Lines | KeptApart::Total => UserErrorCode::InvalidInput,
        };
        let because = match why {
            KeptApart::Currencies => "they are in two currencies".to_owned(),
            KeptApart::Quantity => "together they hold more of one thing than one order takes".to_owned(),
            KeptApart::Lines => format!("together they hold more than {MOST_LINES} lines"),
            KeptApart::Total => "together they cost more than the shop can count".to_owned(),
        };
        let message = format!("Both carts are yours, side by side: {because}.");
        Self { code, message, path: vec!["cartId".into()], other_cart_id: other.as_str().into() }
    }
}
