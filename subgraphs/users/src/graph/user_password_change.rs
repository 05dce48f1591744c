use async_graphql::{Context, InputObject, Object, SimpleObject};
use kit::Result;
use vocab::{InvalidInput, UserErrorCode};

use super::asking::{client, signed_in};
use super::user_error::UserError;
use crate::sign_in::{PasswordChange, SignIn};

/// The password that is, and the one that is to be.
#[derive(InputObject)]
pub struct UserPasswordChangeInput {
    /// The password that you sign in with now.
    current_password: String,
    /// 8 to 128 characters of any kind.
    new_password: String,
}

/// What became of the wish for another password.
#[derive(SimpleObject)]
pub struct UserPasswordChangePayload {
    /// Why the password is what it was; empty when it has changed.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct UserPasswordChange;

#[Object]
impl UserPasswordChange {
    /// Changes your password, and ends all your sessions but this one.
    async fn user_password_change(
        &self,
        ctx: &Context<'_>,
        input: UserPasswordChangeInput,
    ) -> Result<UserPasswordChangePayload> {
        let UserPasswordChangeInput { current_password, new_password } = input;
        let (user, session) = signed_in(ctx)?;
        let sign_in = ctx.data_unchecked::<SignIn>();
        let changed =
            sign_in.change_password(&user, session.as_ref(), current_password, new_password, client(ctx)).await?;
        let user_errors = match changed {
            PasswordChange::Changed => Vec::new(),
            PasswordChange::WrongPassword => vec![UserError::coded(
                UserErrorCode::InvalidCredentials,
                "That is not your password.",
                &["currentPassword"],
            )],
            PasswordChange::Flawed(flaw) => vec![UserError::from(InvalidInput::new(flaw, &["newPassword"]))],
            PasswordChange::TooManyAttempts(refused) => vec![refused.into()],
        };
        Ok(UserPasswordChangePayload { user_errors })
    }
}
