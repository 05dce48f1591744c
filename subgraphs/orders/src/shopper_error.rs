//! Why a cart or a checkout does not do what it was asked.

use vocab::{InvalidInput, Money, MoneyError, UserErrorCode};

/// An outcome that the shopper can act on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShopperError {
    Invalid(InvalidInput),
    TotalChanged {
        was: Money,
        now: Money,
    },
    ShippingRefused {
        message: String,
        path: Vec<String>,
    },
    /// One order takes fewer units of a variant.
    QuantityLimit {
        title: String,
        path: Vec<String>,
    },
}

/// Refusals come as many as there are, and often there is one.
impl From<ShopperError> for Vec<ShopperError> {
    fn from(refusal: ShopperError) -> Self {
        vec![refusal]
    }
}

impl ShopperError {
    pub fn invalid(message: impl ToString, path: &[&str]) -> Self {
        Self::Invalid(InvalidInput::new(message, path))
    }

    pub fn coded(code: UserErrorCode, message: impl ToString, path: &[&str]) -> Self {
        Self::Invalid(InvalidInput::coded(code, message, path))
    }

    /// The same of a request that names by `now` what another names by `before`.
    pub fn about(mut self, before: &str, now: &str) -> Self {
        if let Self::Invalid(invalid) = &mut self {
            invalid.path.iter_mut().filter(|step| *step == before).for_each(|step| now.clone_into(step));
        }
        self
    }

    pub fn quantity_limit(title: &str, path: &[&str]) -> Self {
        let path = path.iter().map(|&step| step.to_owned()).collect();
        Self::QuantityLimit { title: title.to_owned(), path }
    }

    pub fn no_such_cart() -> Self {
        Self::coded(UserErrorCode::NotFound, "There is no such cart, or it is not yours.", &["cartId"])
    }

    pub fn no_such_checkout() -> Self {
        Self::coded(UserErrorCode::NotFound, "There is no such checkout, or it is not yours.", &["checkoutId"])
    }

    pub fn no_such_dead_letter() -> Self {
        Self::coded(UserErrorCode::NotFound, "There is no such dead letter: it was replayed or dropped.", &["id"])
    }
}

/// A cart whose lines do not add up.
impl From<MoneyError> for ShopperError {
    fn from(refused: MoneyError) -> Self {
        match refused {
            MoneyError::Mixed { .. } => Self::coded(UserErrorCode::CurrencyMismatch, refused, &["cartId"]),
            MoneyError::Overflow => Self::invalid("The cart costs more than the shop can count.", &["lines"]),
        }
    }
}
