use async_graphql::{Context, InputObject, Object, SimpleObject};
use kit::Result;

use super::asking::client;
use super::mail_asked::link_expired;
use super::user_error::UserError;
use crate::account_emails::{AccountEmails, Reset};

/// What a link holds that was sent to set a new password, and the password.
#[derive(InputObject)]
pub struct UserPasswordResetInput {
    /// The `token` of the link. It holds for one hour, and once.
    token: String,
    /// 8 to 128 characters of any kind, and hard to guess: no common password, and not your name or address.
    new_password: String,
}

/// What became of a new password.
#[derive(SimpleObject)]
pub struct UserPasswordResetPayload {
    /// Why the password is what it was; empty when it is the new one. Then sign in with it.
    user_errors: Vec<UserError>,
    /// What this device is known by from now on: send it with the next sign-in. Null when it was refused.
    device_token: Option<String>,
}

#[derive(Default)]
pub struct UserPasswordReset;

#[Object]
impl UserPasswordReset {
    /// Sets a new password, signs out every device, and makes every other link void that was sent to the account.
    async fn user_password_reset(
        &self,
        ctx: &Context<'_>,
        input: UserPasswordResetInput,
    ) -> Result<UserPasswordResetPayload> {
        let UserPasswordResetInput { token, new_password } = input;
        let refused = match ctx.data_unchecked::<AccountEmails>().reset(&token, new_password, client(ctx)).await? {
            Reset::Done(device) => {
                let device_token = Some(device.reveal().to_owned());
                return Ok(UserPasswordResetPayload { user_errors: Vec::new(), device_token });
            }
            Reset::Flawed(flaw) => UserError::of_password(&flaw, &["newPassword"]),
            Reset::TooManyAttempts(refused) => refused.into(),
            Reset::LinkExpired => link_expired(),
        };
        Ok(UserPasswordResetPayload { user_errors: vec![refused], device_token: None })
    }
}
