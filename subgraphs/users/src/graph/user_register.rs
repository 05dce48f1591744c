use async_graphql::{Context, InputObject, Object};
use chrono::{DateTime, Utc};
use kit::Result;
use vocab::{InvalidInput, UserErrorCode};

use super::user::User;
use super::user_error::UserError;
use crate::sign_in::{Flaw, Registered, Registration, SignIn, SignedIn};

/// What it takes to get an account.
#[derive(InputObject)]
pub struct UserRegisterInput {
    /// The address to sign in with. Upper and lower case are the same.
    email: String,
    /// 8 to 128 characters of any kind.
    password: String,
    /// The name that others will see: 1 to 80 characters.
    display_name: String,
}

/// What became of a registration.
pub struct UserRegisterPayload(Registered);

impl UserRegisterPayload {
    fn signed_in(&self) -> Option<&SignedIn> {
        match &self.0 {
            Registered::SignedIn(signed_in) => Some(signed_in),
            Registered::Flawed(_) | Registered::EmailTaken => None,
        }
    }
}

/// What became of a registration.
#[Object]
impl UserRegisterPayload {
    /// The new user; null when there is none.
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

    /// Why there is no account; empty when there is.
    async fn user_errors(&self) -> Vec<UserError> {
        match &self.0 {
            Registered::SignedIn(_) => Vec::new(),
            Registered::Flawed(flaws) => flaws.iter().map(|flaw| flaw.user_error()).collect(),
            Registered::EmailTaken => vec![UserError::from(InvalidInput::coded(
                UserErrorCode::AlreadyExists,
                "There is an account with this address. Sign in, or register with another.",
                &["email"],
            ))],
        }
    }
}

impl Flaw {
    fn user_error(self) -> UserError {
        let refused = match self {
            Self::Email(flaw) => InvalidInput::new(flaw, &["email"]),
            Self::Password(flaw) => InvalidInput::new(flaw, &["password"]),
            Self::DisplayName(flaw) => InvalidInput::new(flaw, &["displayName"]),
        };
        UserError::from(refused)
    }
}

#[derive(Default)]
pub struct UserRegister;

#[Object]
impl UserRegister {
    /// Makes an account and signs in to it.
    async fn user_register(&self, ctx: &Context<'_>, input: UserRegisterInput) -> Result<UserRegisterPayload> {
        let UserRegisterInput { email, password, display_name } = input;
        let typed = Registration { email, password, display_name };
        Ok(UserRegisterPayload(ctx.data_unchecked::<SignIn>().register(typed).await?))
    }
}
