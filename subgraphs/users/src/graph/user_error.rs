use async_graphql::{Interface, SimpleObject};
use chrono::{DateTime, Utc};
use vocab::{InvalidInput, UserErrorCode};

use crate::admission::Ticket;
use crate::password::{PasswordFlaw, Weak};
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
    WeakPassword(WeakPassword),
    SecondFactorRequired(SecondFactorRequired),
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

/// The password is guessed too easily.
#[derive(Clone, Debug, SimpleObject)]
pub struct WeakPassword {
    /// `WEAK_PASSWORD`.
    code: UserErrorCode,
    /// What is wrong and what would be better, for people.
    message: String,
    /// Where in the input, from the outside in.
    path: Vec<String>,
    /// What is wrong with it, in English; null where there is nothing to point at.
    warning: Option<String>,
    /// What would be better, in English.
    suggestions: Vec<String>,
}

/// The password is right, and a code comes next: `userSecondFactorSignIn`.
#[derive(Clone, Debug, SimpleObject)]
pub struct SecondFactorRequired {
    /// `SECOND_FACTOR_REQUIRED`.
    code: UserErrorCode,
    /// What to do next, for people.
    message: String,
    /// Empty: it is no matter of one value.
    path: Vec<String>,
    /// What to send with the code. It holds for five minutes.
    ticket: String,
    /// When the ticket stops to hold.
    expires_at: DateTime<Utc>,
}

impl UserError {
    /// Why something is not to be a password.
    pub fn of_password(flaw: &PasswordFlaw, path: &[&str]) -> Self {
        let InvalidInput { code, message, path } = InvalidInput::coded(UserErrorCode::WeakPassword, flaw, path);
        match flaw {
            PasswordFlaw::Length(_) => Self::from(InvalidInput { code: UserErrorCode::InvalidInput, message, path }),
            PasswordFlaw::Weak(Weak { warning, suggestions }) => Self::from(WeakPassword {
                code,
                message,
                path,
                warning: warning.clone(),
                suggestions: suggestions.clone(),
            }),
        }
    }

    /// A refusal that needs no more than its code and its words.
    pub fn coded(code: UserErrorCode, message: impl ToString, path: &[&str]) -> Self {
        Self::from(InvalidInput::coded(code, message, path))
    }
}

/// What to say of a code that does not hold.
pub fn wrong_code() -> UserError {
    UserError::coded(
        UserErrorCode::InvalidCode,
        "That is not the code of now, or it was used already. Wait for the next one.",
        &["code"],
    )
}

impl From<Ticket> for UserError {
    fn from(ticket: Ticket) -> Self {
        Self::from(SecondFactorRequired {
            code: UserErrorCode::SecondFactorRequired,
            message: "Give a code of your authenticator app, or a recovery code.".to_owned(),
            path: Vec::new(),
            ticket: ticket.token.reveal().to_owned(),
            expires_at: ticket.expires_at,
        })
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
