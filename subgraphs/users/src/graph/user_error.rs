use async_graphql::{Interface, SimpleObject};
use vocab::{InvalidInput, UserErrorCode};

use crate::throttle;

/// Why a mutation did not do what it was asked.
#[derive(Clone, Debug, Interface)]
#[graphql(
    field(name = "code", ty = "&UserErrorCode", desc = "What kind of refusal this is."),
    field(name = "message", ty = "&String", desc = "What is wrong and what to give instead, for people."),
    field(name = "path", ty = "&Vec<String>", desc = "Where in the input, from the outside in.")
)]
pub enum UserError {
    InvalidInput(InvalidInput),
    TooManyAttempts(TooManyAttempts),
}

/// It was tried too often. Nothing was looked at.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(shareable)]
pub struct TooManyAttempts {
    /// `TOO_MANY_ATTEMPTS`.
    code: UserErrorCode,
    /// What is wrong, for people.
    message: String,
    /// Empty: it is no matter of one value.
    path: Vec<String>,
    /// In how many seconds it may be tried again.
    retry_after_seconds: u32,
}

impl UserError {
    /// A refusal that needs no more than its code and its words.
    pub fn coded(code: UserErrorCode, message: impl ToString, path: &[&str]) -> Self {
        Self::from(InvalidInput::coded(code, message, path))
    }
}

impl From<throttle::TooManyAttempts> for UserError {
    fn from(refused: throttle::TooManyAttempts) -> Self {
        Self::from(TooManyAttempts {
            code: UserErrorCode::TooManyAttempts,
            message: "That was tried too often. Wait a while, then try again.".to_owned(),
            path: Vec::new(),
            retry_after_seconds: refused.retry_after_seconds,
        })
    }
}
