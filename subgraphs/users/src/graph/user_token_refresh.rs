use async_graphql::{Context, InputObject, Object};
use kit::Result;
use vocab::UserErrorCode;

use super::asking::client;
use super::sign_in_payload::SignInPayload;
use super::user_error::UserError;
use crate::sessions::{Refreshed, Sessions};

/// What a session goes on with.
#[derive(InputObject)]
pub struct UserTokenRefreshInput {
    /// The last refresh token of the session. It can be used once: keep the one in the answer. A client that lost the
    /// answer may use it once more within 10 seconds; after that a second use ends the session, for the token may have
    /// been stolen.
    refresh_token: String,
}

#[derive(Default)]
pub struct UserTokenRefresh;

#[Object]
impl UserTokenRefresh {
    /// Goes on with a session: a new access token, and a new refresh token in the place of the one that is given.
    async fn user_token_refresh(&self, ctx: &Context<'_>, input: UserTokenRefreshInput) -> Result<SignInPayload> {
        let refreshed = ctx.data_unchecked::<Sessions>().refresh(&input.refresh_token, client(ctx)).await?;
        Ok(match refreshed {
            Refreshed::SignedIn(signed_in) => signed_in.into(),
            Refreshed::TooManyAttempts(refused) => SignInPayload::refused(refused),
            Refreshed::Ended => SignInPayload::refused(UserError::coded(
                UserErrorCode::SessionEnded,
                "This session is over. Sign in again.",
                &["refreshToken"],
            )),
        })
    }
}
