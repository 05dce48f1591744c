use async_graphql::{Context, InputObject, Object};
use kit::Result;

use super::mail_asked::link_expired;
use super::sign_in_payload::{SignInPayload, device};
use crate::letters::{Letters, Verified};

/// What a link holds that was sent to verify an address.
#[derive(InputObject)]
pub struct UserEmailVerifyInput {
    /// The `token` of the link. It holds for 24 hours, and once.
    token: String,
    /// What to call the device in the list of sessions, such as "iPhone of Ada": 1 to 80 characters. Null for no name.
    device: Option<String>,
}

#[derive(Default)]
pub struct UserEmailVerify;

#[Object]
impl UserEmailVerify {
    /// Shows that the address of an account is yours, and signs in to it.
    async fn user_email_verify(&self, ctx: &Context<'_>, input: UserEmailVerifyInput) -> Result<SignInPayload> {
        let UserEmailVerifyInput { token, device: named } = input;
        let device = match device(named) {
            Ok(device) => device,
            Err(refused) => return Ok(SignInPayload::refused(refused)),
        };
        Ok(match ctx.data_unchecked::<Letters>().verify(&token, device).await? {
            Verified::SignedIn(signed_in) => signed_in.into(),
            Verified::LinkExpired => SignInPayload::refused(link_expired()),
        })
    }
}
