use async_graphql::{Context, InputObject, Object, SimpleObject};
use kit::{Callers, Result, Viewer};
use vocab::UserErrorCode;

use super::asking::{gone, require_act, signed_in};
use super::user_error::UserError;
use crate::identities::{Identities, Linking};
use crate::identity::{ACT, AUDIENCE, Assertion};

/// What the edge has learned from a provider about who is signed in.
#[derive(InputObject)]
#[graphql(inaccessible)]
pub struct UserIdentityLinkInput {
    /// What the provider says of them, signed by the edge for `mercato-identity`.
    assertion: String,
}

/// What became of the wish to link a provider.
#[derive(SimpleObject)]
#[graphql(inaccessible)]
pub struct UserIdentityLinkPayload {
    /// Why it is not linked; empty when it is.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct UserIdentityLink;

#[Object]
impl UserIdentityLink {
    /// Links your account with a provider, to sign in there from now on. Takes a recent proof of who you are; a mail tells
    /// you of it. For the edge alone.
    #[graphql(inaccessible)]
    async fn user_identity_link(
        &self,
        ctx: &Context<'_>,
        input: UserIdentityLinkInput,
    ) -> Result<UserIdentityLinkPayload> {
        require_act(ctx, ACT)?;
        let (user, _) = signed_in(ctx)?;
        ctx.data_unchecked::<Viewer>().require_recent()?;
        let asserted: Assertion = ctx.data_unchecked::<Callers>().said(&input.assertion, AUDIENCE).await?;
        let refused = match ctx.data_unchecked::<Identities>().link(&user, &asserted).await? {
            Linking::Done => None,
            Linking::Taken => Some("This account of the provider is linked with another account here."),
            Linking::AnotherOfProvider => Some("Your account is linked with another account of this provider."),
            Linking::Gone => return Ok(UserIdentityLinkPayload { user_errors: vec![gone()] }),
        };
        let user_errors = refused.map(|message| UserError::coded(UserErrorCode::AlreadyExists, message, &[]));
        Ok(UserIdentityLinkPayload { user_errors: user_errors.into_iter().collect() })
    }
}
