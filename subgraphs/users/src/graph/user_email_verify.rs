use async_graphql::{Context, InputObject, Object};
use kit::Result;

use super::asking::client;
use super::mail_asked::link_expired;
use super::sign_in_payload::{SignInPayload, arrival};
use super::user_error::UserError;
use crate::account_emails::{AccountEmails, Verified};

/// What a link holds that was sent to verify an address.
#[derive(InputObject)]
pub struct UserEmailVerifyInput {
    /// The `token` of the link. It holds for 24 hours, and once.
    token: String,
    /// The password that counts from now on: the one of the registration, or another. Null for none: then nobody signs in
    /// with a password before one is chosen with `userPasswordChange` or with a link of `userPasswordResetRequest`.
    password: Option<String>,
    /// What to call the device in the list of sessions, such as "iPhone of Ada": 1 to 80 characters. Null for no name.
    device: Option<String>,
    /// What an earlier sign-in on this device gave as `deviceToken`.
    device_token: Option<String>,
}

#[derive(Default)]
pub struct UserEmailVerify;

#[Object]
impl UserEmailVerify {
    /// Shows that the address of an account is yours, and signs in to it. What was typed to register counts for nothing
    /// by itself, for anybody may have typed it: send the password once more.
    async fn user_email_verify(&self, ctx: &Context<'_>, input: UserEmailVerifyInput) -> Result<SignInPayload> {
        let UserEmailVerifyInput { token, password, device, device_token } = input;
        let arrival = match arrival(device, device_token) {
            Ok(arrival) => arrival,
            Err(refused) => return Ok(SignInPayload::refused(refused)),
        };
        Ok(match ctx.data_unchecked::<AccountEmails>().verify(&token, password, arrival, client(ctx)).await? {
            Verified::In(admission) => admission.into(),
            Verified::Flawed(flaw) => SignInPayload::refused(UserError::of_password(&flaw, &["password"])),
            Verified::TooManyAttempts(refused) => SignInPayload::refused(refused),
            Verified::LinkExpired => SignInPayload::refused(link_expired()),
        })
    }
}
