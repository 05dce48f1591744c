use async_graphql::{Context, InputObject, Object, SimpleObject};
use kit::Result;
use vocab::UserErrorCode;

use super::asking::signed_in;
use super::user_error::UserError;
use crate::identities::{Identities, Unlinking};

/// Which provider is unlinked.
#[derive(InputObject)]
pub struct UserIdentityUnlinkInput {
    /// The provider's name, as `User.identities` gives it.
    provider: String,
}

/// What became of the wish to unlink a provider.
#[derive(SimpleObject)]
pub struct UserIdentityUnlinkPayload {
    /// Why it is still linked; empty when it is not.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct UserIdentityUnlink;

#[Object]
impl UserIdentityUnlink {
    /// Takes away a provider: nobody signs in to your account with it any more.
    async fn user_identity_unlink(
        &self,
        ctx: &Context<'_>,
        input: UserIdentityUnlinkInput,
    ) -> Result<UserIdentityUnlinkPayload> {
        let (user, _) = signed_in(ctx)?;
        let refused = match ctx.data_unchecked::<Identities>().unlink(&user, &input.provider).await? {
            Unlinking::Done => None,
            Unlinking::NotThere => Some((UserErrorCode::NotFound, "Your account is not linked with this provider.")),
            Unlinking::LastWayIn => Some((
                UserErrorCode::LastWayIn,
                "There is no other way into your account. Set a password first, or link another provider.",
            )),
        };
        let user_errors = refused.map(|(code, message)| UserError::coded(code, message, &["provider"]));
        Ok(UserIdentityUnlinkPayload { user_errors: user_errors.into_iter().collect() })
    }
}
