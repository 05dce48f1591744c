use async_graphql::{Context, InputObject, Object, SimpleObject};
use kit::Result;
use vocab::InvalidInput;

use super::mail_asked::link_expired;
use super::user_error::UserError;
use crate::letters::{Letters, Reset};

/// What a link holds that was sent to set a new password, and the password.
#[derive(InputObject)]
pub struct UserPasswordResetInput {
    /// The `token` of the link. It holds for one hour, and once.
    token: String,
    /// 8 to 128 characters of any kind.
    new_password: String,
}

/// What became of a new password.
#[derive(SimpleObject)]
pub struct UserPasswordResetPayload {
    /// Why the password is what it was; empty when it is the new one. Then sign in with it.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct UserPasswordReset;

#[Object]
impl UserPasswordReset {
    /// Sets a new password, and signs out every device.
    async fn user_password_reset(
        &self,
        ctx: &Context<'_>,
        input: UserPasswordResetInput,
    ) -> Result<UserPasswordResetPayload> {
        let UserPasswordResetInput { token, new_password } = input;
        let user_errors = match ctx.data_unchecked::<Letters>().reset(&token, new_password).await? {
            Reset::Done => Vec::new(),
            Reset::Flawed(flaw) => vec![UserError::from(InvalidInput::new(flaw, &["newPassword"]))],
            Reset::LinkExpired => vec![link_expired()],
        };
        Ok(UserPasswordResetPayload { user_errors })
    }
}
