use vocab::InvalidInput;

use super::user_error::UserError;
use crate::account_emails::MailAsked;

/// What to say of the wish for a mail: nothing that tells whether somebody was written to.
pub fn user_errors(asked: MailAsked) -> Vec<UserError> {
    match asked {
        MailAsked::Done => Vec::new(),
        MailAsked::Flawed(flaw) => vec![UserError::from(InvalidInput::new(flaw, &["email"]))],
        MailAsked::TooManyAttempts(refused) => vec![refused.into()],
    }
}

/// What to say of a link that does not hold.
pub fn link_expired() -> UserError {
    UserError::coded(
        vocab::UserErrorCode::LinkExpired,
        "This link was used already, has expired, or another one was used since. Ask for another.",
        &["token"],
    )
}
