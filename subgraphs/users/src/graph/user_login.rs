use async_graphql::{Context, InputObject, Object};
use kit::Result;
use vocab::UserErrorCode;

use super::asking::client;
use super::sign_in_payload::{SignInPayload, arrival};
use super::user_error::UserError;
use crate::sign_in::{Login, SignIn};

/// What somebody with an account signs in with.
#[derive(InputObject)]
pub struct UserLoginInput {
    /// The address of the account.
    email: String,
    /// The password of the account.
    password: String,
    /// What to call the device in the list of sessions, such as "iPhone of Ada": 1 to 80 characters. Null for no name.
    device: Option<String>,
    /// What an earlier sign-in on this device gave as `deviceToken`. Others' attempts at the account do not make it wait.
    device_token: Option<String>,
}

#[derive(Default)]
pub struct UserLogin;

#[Object]
impl UserLogin {
    /// Signs in with an address and a password. Who has a second factor is answered SECOND_FACTOR_REQUIRED and goes on
    /// with `userSecondFactorSignIn`.
    async fn user_login(&self, ctx: &Context<'_>, input: UserLoginInput) -> Result<SignInPayload> {
        let UserLoginInput { email, password, device, device_token } = input;
        let arrival = match arrival(device, device_token) {
            Ok(arrival) => arrival,
            Err(refused) => return Ok(SignInPayload::refused(refused)),
        };
        let login = ctx.data_unchecked::<SignIn>().login(&email, password, arrival, client(ctx)).await?;
        Ok(match login {
            Login::In(admission) => admission.into(),
            Login::TooManyAttempts(refused) => SignInPayload::refused(refused),
            Login::InvalidCredentials => SignInPayload::refused(UserError::coded(
                UserErrorCode::InvalidCredentials,
                "The address and the password do not match an account.",
                &[],
            )),
            Login::EmailNotVerified => SignInPayload::refused(UserError::coded(
                UserErrorCode::EmailNotVerified,
                "Follow the link in the mail that was sent to this address, or ask for another.",
                &["email"],
            )),
        })
    }
}
