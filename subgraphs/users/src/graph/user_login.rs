use async_graphql::{Context, InputObject, Object};
use chrono::{DateTime, Utc};
use kit::Result;
use vocab::{InvalidInput, UserErrorCode};

use super::user::User;
use super::user_error::UserError;
use crate::sign_in::{Login, SignIn, SignedIn};

/// What somebody with an account signs in with.
#[derive(InputObject)]
pub struct UserLoginInput {
    /// The address of the account.
    email: String,
    /// The password of the account.
    password: String,
}

/// What became of a sign-in.
pub struct UserLoginPayload(Login);

impl UserLoginPayload {
    fn signed_in(&self) -> Option<&SignedIn> {
        match &self.0 {
            Login::SignedIn(signed_in) => Some(signed_in),
            Login::InvalidCredentials => None,
        }
    }
}

/// What became of a sign-in.
#[Object]
impl UserLoginPayload {
    /// Who signed in; null when nobody did.
    async fn user(&self) -> Option<User> {
        self.signed_in().map(|signed_in| User::just_signed_in(signed_in.account.clone()))
    }

    /// The proof of who you are: send it as `authorization: Bearer …`. Null when you are not signed in.
    async fn access_token(&self) -> Option<&str> {
        self.signed_in().map(|signed_in| signed_in.token.text.as_str())
    }

    /// When the access token stops to hold; null when there is none.
    async fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.signed_in().map(|signed_in| signed_in.token.expires_at)
    }

    /// Why nobody is signed in; empty when somebody is.
    async fn user_errors(&self) -> Vec<UserError> {
        match &self.0 {
            Login::SignedIn(_) => Vec::new(),
            Login::InvalidCredentials => vec![UserError::from(InvalidInput::coded(
                UserErrorCode::InvalidCredentials,
                "The address and the password do not match an account.",
                &[],
            ))],
        }
    }
}

#[derive(Default)]
pub struct UserLogin;

#[Object]
impl UserLogin {
    /// Signs in with an address and a password.
    async fn user_login(&self, ctx: &Context<'_>, input: UserLoginInput) -> Result<UserLoginPayload> {
        let UserLoginInput { email, password } = input;
        Ok(UserLoginPayload(ctx.data_unchecked::<SignIn>().login(&email, password).await?))
    }
}
