use async_graphql::{Context, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use kit::Result;
use vocab::UserErrorCode;

use super::asking::{client, signed_in};
use super::user_error::{UserError, wrong_code};
use crate::second_factors::{SecondFactors, SteppedUp};

/// What shows that it is still you.
#[derive(InputObject)]
pub struct UserStepUpInput {
    /// Your password, where you have no second factor.
    password: Option<String>,
    /// Where you have one: the six digits that the authenticator app shows now, or a recovery code. Each is good once.
    code: Option<String>,
}

/// What became of showing once more who you are.
#[derive(SimpleObject)]
pub struct UserStepUpPayload {
    /// The access token to go on with: it says that the proof is recent. Null when it was refused.
    access_token: Option<String>,
    /// When the access token stops to hold; null when there is none.
    expires_at: Option<DateTime<Utc>>,
    /// Why nothing is shown with that; empty when it is.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct UserStepUp;

#[Object]
impl UserStepUp {
    /// Shows once more that it is you, in the session that goes on: what answered STEP_UP_REQUIRED can be done now, and
    /// for a quarter of an hour unless the shop has it otherwise.
    async fn user_step_up(&self, ctx: &Context<'_>, input: UserStepUpInput) -> Result<UserStepUpPayload> {
        let UserStepUpInput { password, code } = input;
        let (user, session) = signed_in(ctx)?;
        let factors = ctx.data_unchecked::<SecondFactors>();
        let stepped = match session {
            Some(session) => factors.step_up(&user, &session, password, code, client(ctx)).await?,
            None => SteppedUp::SessionEnded,
        };
        let refused = match stepped {
            SteppedUp::Done(token) => {
                return Ok(UserStepUpPayload {
                    access_token: Some(token.text),
                    expires_at: Some(token.expires_at),
                    user_errors: Vec::new(),
                });
            }
            SteppedUp::WrongPassword => {
                UserError::coded(UserErrorCode::InvalidCredentials, "That is not your password.", &["password"])
            }
            SteppedUp::WrongCode => wrong_code(),
            SteppedUp::CodeNeeded => UserError::coded(
                UserErrorCode::InvalidInput,
                "You have a second factor: give a code of your authenticator app.",
                &["code"],
            ),
            SteppedUp::SignInAgain => UserError::coded(
                UserErrorCode::SignInAgain,
                "You have no password here. Sign in once more with your provider, then try again.",
                &[],
            ),
            SteppedUp::SessionEnded => {
                UserError::coded(UserErrorCode::SessionEnded, "This session is over. Sign in again.", &[])
            }
            SteppedUp::TooManyAttempts(refused) => refused.into(),
        };
        Ok(UserStepUpPayload { access_token: None, expires_at: None, user_errors: vec![refused] })
    }
}
