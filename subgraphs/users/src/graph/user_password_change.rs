use async_graphql::{Context, InputObject, Object, SimpleObject};
use kit::{Result, Viewer};
use vocab::UserErrorCode;

use super::asking::{client, signed_in};
use super::user_error::UserError;
use crate::sign_in::{PasswordChange, SignIn};

/// The password that is, and the one that is to be.
#[derive(InputObject)]
pub struct UserPasswordChangeInput {
    /// The password that you sign in with now. Who has none needs none, within a quarter of an hour of a sign-in.
    current_password: Option<String>,
    /// 8 to 128 characters of any kind, and hard to guess: no common password, and not your name or address.
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
    /// Changes your password, ends all your sessions but this one, and makes every link void that was sent to the account.
    async fn user_password_change(
        &self,
        ctx: &Context<'_>,
        input: UserPasswordChangeInput,
    ) -> Result<UserPasswordChangePayload> {
        let UserPasswordChangeInput { current_password, new_password } = input;
        let (user, session) = signed_in(ctx)?;
        let sign_in = ctx.data_unchecked::<SignIn>();
        let proven = ctx.data_unchecked::<Viewer>().require_recent().is_ok();
        let changed = sign_in
            .change_password(&user, session.as_ref(), current_password, new_password, proven, client(ctx))
            .await?;
        let user_errors = match changed {
            PasswordChange::Changed => Vec::new(),
            PasswordChange::WrongPassword => vec![UserError::coded(
                UserErrorCode::InvalidCredentials,
                "That is not your password.",
                &["currentPassword"],
            )],
            PasswordChange::SignInAgain => vec![UserError::coded(
                UserErrorCode::SignInAgain,
                "You have no password yet. Sign in once more, then choose one, or have a link sent that does it.",
                &["currentPassword"],
            )],
            PasswordChange::Flawed(flaw) => vec![UserError::of_password(&flaw, &["newPassword"])],
            PasswordChange::TooManyAttempts(refused) => vec![refused.into()],
        };
        Ok(UserPasswordChangePayload { user_errors })
    }
}
