use async_graphql::{Context, InputObject, Object};
use kit::Result;
use vocab::UserErrorCode;

use super::asking::client;
use super::sign_in_payload::{SignInPayload, device};
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
}

#[derive(Default)]
pub struct UserLogin;

#[Object]
impl UserLogin {
    /// Signs in with an address and a password.
    async fn user_login(&self, ctx: &Context<'_>, input: UserLoginInput) -> Result<SignInPayload> {
        let UserLoginInput { email, password, device: named } = input;
        let device = match device(named) {
            Ok(device) => device,
            Err(refused) => return Ok(SignInPayload::refused(refused)),
        };
        let login = ctx.data_unchecked::<SignIn>().login(&email, password, device, client(ctx)).await?;
        Ok(match login {
            Login::SignedIn(signed_in) => signed_in.into(),
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
