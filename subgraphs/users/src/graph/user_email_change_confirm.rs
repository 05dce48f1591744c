use async_graphql::{Context, InputObject, Object, SimpleObject};
use kit::Result;
use vocab::UserErrorCode;

use super::mail_asked::link_expired;
use super::user_error::UserError;
use crate::account_emails::{AccountEmails, EmailChangeConfirmed};

/// What a link holds that was sent to a new address.
#[derive(InputObject)]
pub struct UserEmailChangeConfirmInput {
    /// The `token` of the link. It holds for one hour, and once.
    token: String,
}

/// What became of another address.
#[derive(SimpleObject)]
pub struct UserEmailChangeConfirmPayload {
    /// Why the address is what it was; empty when it is the new one.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct UserEmailChangeConfirm;

#[Object]
impl UserEmailChangeConfirm {
    /// Shows that the new address is yours: from now on you sign in with it.
    async fn user_email_change_confirm(
        &self,
        ctx: &Context<'_>,
        input: UserEmailChangeConfirmInput,
    ) -> Result<UserEmailChangeConfirmPayload> {
        let user_errors = match ctx.data_unchecked::<AccountEmails>().confirm_email_change(&input.token).await? {
            EmailChangeConfirmed::Done => Vec::new(),
            EmailChangeConfirmed::LinkExpired => vec![link_expired()],
            EmailChangeConfirmed::Taken => vec![UserError::coded(
                UserErrorCode::AlreadyExists,
                "There is another account with this address by now.",
                &["token"],
            )],
        };
        Ok(UserEmailChangeConfirmPayload { user_errors })
    }
}
