use async_graphql::{Context, InputObject, Object, SimpleObject};
use kit::Result;

use super::asking::client;
use super::mail_asked::user_errors;
use super::user_error::UserError;
use crate::account_emails::AccountEmails;

/// Who has forgotten a password.
#[derive(InputObject)]
pub struct UserPasswordResetRequestInput {
    /// The address of the account.
    email: String,
}

/// What became of the wish to set a new password.
#[derive(SimpleObject)]
pub struct UserPasswordResetRequestPayload {
    /// Why nothing was looked at; empty otherwise.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct UserPasswordResetRequest;

#[Object]
impl UserPasswordResetRequest {
    /// Sends a link to set a new password with to whoever has an account with this address. The answer is the same for
    /// every address. Links that were sent before hold on, so nobody makes them void by asking for more: the first that is
    /// used makes all others void, and so does another password. Only so many are sent to one address, whoever asks; other
    /// mails do not count.
    async fn user_password_reset_request(
        &self,
        ctx: &Context<'_>,
        input: UserPasswordResetRequestInput,
    ) -> Result<UserPasswordResetRequestPayload> {
        let asked = ctx.data_unchecked::<AccountEmails>().request_reset(&input.email, client(ctx)).await?;
        Ok(UserPasswordResetRequestPayload { user_errors: user_errors(asked) })
    }
}
