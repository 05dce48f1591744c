use async_graphql::{Context, InputObject, Object, SimpleObject};
use kit::{Result, Viewer};
use vocab::UserId;

use super::asking::signed_in;
use super::user_error::UserError;
use crate::sessions::Sessions;

/// Which sessions end.
#[derive(InputObject)]
pub struct UserLogoutInput {
    /// Whether all sessions of the user end, on every device.
    #[graphql(default = false)]
    everywhere: bool,
    /// A refresh token of the session that ends, for who has no access token any more. Null for the session of the
    /// access token.
    refresh_token: Option<String>,
}

/// What became of a sign-out.
#[derive(SimpleObject)]
pub struct UserLogoutPayload {
    /// Why nothing ended; always empty: who is not signed in is signed out.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct UserLogout;

#[Object]
impl UserLogout {
    /// Signs out: on this device, or on all. No token of an ended session is good for anything from then on.
    async fn user_logout(&self, ctx: &Context<'_>, input: UserLogoutInput) -> Result<UserLogoutPayload> {
        let UserLogoutInput { everywhere, refresh_token } = input;
        let sessions = ctx.data_unchecked::<Sessions>();
        let mut ending = Vec::new();
        if let Some(token) = refresh_token {
            let session = sessions.of_token(&token).await?;
            ending.extend(session.map(|session| (session.user_id, Some(session.id))));
        } else if ctx.data_unchecked::<Viewer>().signed.is_some() {
            ending.push(signed_in(ctx)?);
        }
        for (user, session) in ending {
            end(sessions, everywhere, &user, session.as_ref()).await?;
        }
        Ok(UserLogoutPayload { user_errors: Vec::new() })
    }
}

async fn end(sessions: &Sessions, everywhere: bool, user: &UserId, session: Option<&vocab::SessionId>) -> Result<()> {
    match session {
        _ if everywhere => sessions.end_all(user).await,
        Some(session) => sessions.end(session, user).await.map(|_| ()),
        None => Ok(()),
    }
}
