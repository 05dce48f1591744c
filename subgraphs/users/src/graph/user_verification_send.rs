use async_graphql::{Context, InputObject, Object, SimpleObject};
use kit::Result;

use super::asking::client;
use super::mail_asked::user_errors;
use super::user_error::UserError;
use crate::account_emails::AccountEmails;

/// Whom to send another link.
#[derive(InputObject)]
pub struct UserVerificationSendInput {
    /// The address that somebody registered with.
    email: String,
}

/// What became of the wish for another link.
#[derive(SimpleObject)]
pub struct UserVerificationSendPayload {
    /// Why nothing was looked at; empty otherwise.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct UserVerificationSend;

#[Object]
impl UserVerificationSend {
    /// Sends another link to an address that is not verified yet. The answer is the same for every address. Links that were
    /// sent before hold on: the first that is used makes all others void. Only so many are sent to one address, whoever
    /// asks; other mails do not count.
    async fn user_verification_send(
        &self,
        ctx: &Context<'_>,
        input: UserVerificationSendInput,
    ) -> Result<UserVerificationSendPayload> {
        let asked = ctx.data_unchecked::<AccountEmails>().send_verification(&input.email, client(ctx)).await?;
        Ok(UserVerificationSendPayload { user_errors: user_errors(asked) })
    }
}
