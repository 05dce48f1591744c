use async_graphql::Interface;
use vocab::{AlreadyExists, IdempotencyMismatch, InvalidInput, NotFound, UserErrorCode};

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
    AlreadyExists(AlreadyExists),
    IdempotencyMismatch(IdempotencyMismatch),
}
