use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use kit::Result;
use vocab::{SessionId, UserErrorCode};

use super::asking::signed_in;
use super::user_error::UserError;
use crate::sessions::Sessions;

/// Which session ends.
#[derive(InputObject)]
pub struct UserSessionRevokeInput {
    /// The session's id: `ses_…`.
    id: ID,
}

/// What became of the wish to end a session.
#[derive(SimpleObject)]
pub struct UserSessionRevokePayload {
    /// Why it goes on; empty when it has ended.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct UserSessionRevoke;

#[Object]
impl UserSessionRevoke {
    /// Ends one of your sessions, such as that of a device that you have lost.
    async fn user_session_revoke(
        &self,
        ctx: &Context<'_>,
        input: UserSessionRevokeInput,
    ) -> Result<UserSessionRevokePayload> {
        let (user, _) = signed_in(ctx)?;
        let ended = match SessionId::try_from(&input.id) {
            Ok(id) => ctx.data_unchecked::<Sessions>().end(&id, &user).await?,
            Err(_no_session) => false,
        };
        let not_found = || UserError::coded(UserErrorCode::NotFound, "You have no such session.", &["id"]);
        Ok(UserSessionRevokePayload { user_errors: if ended { Vec::new() } else { vec![not_found()] } })
    }
}
