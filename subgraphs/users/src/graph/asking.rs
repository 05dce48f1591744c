//! Who asks, as the resolvers need it.

use std::net::IpAddr;

use async_graphql::Context;
use kit::{Caller, Code, Failure, Refusal, Result, Viewer};
use vocab::{SessionId, UserErrorCode, UserId};

use super::user_error::UserError;
use crate::second_factors::SecondFactors;

/// The address of the client, as far as the edge knows it.
pub fn client(ctx: &Context<'_>) -> Option<IpAddr> {
    ctx.data_opt::<Caller>().and_then(|caller| caller.client)
}

/// Who is signed in, and in which session; refused when nobody is.
pub fn signed_in(ctx: &Context<'_>) -> Result<(UserId, Option<SessionId>)> {
    let signed = ctx.data_unchecked::<Viewer>().require_user()?;
    let user = UserId::parse(&signed.user_id).map_err(|_no_user| Failure::from(Refusal::unauthenticated()))?;
    Ok((user, signed.session.as_deref().and_then(|id| SessionId::parse(id).ok())))
}

/// Refuses who has a second factor and did not show a moment ago who they are: the password alone does not do for them.
pub async fn require_recent_with_second_factor(ctx: &Context<'_>, user: &UserId) -> Result<()> {
    if ctx.data_unchecked::<SecondFactors>().has(user).await? {
        ctx.data_unchecked::<Viewer>().require_recent()?;
    }
    Ok(())
}

/// What to say to somebody whose account is not there any more, though a token says who they are.
pub fn gone() -> UserError {
    UserError::coded(UserErrorCode::NotFound, "There is no such account any more.", &[])
}

/// Refuses everybody but the edge, which says with its credential that it does `act`.
pub fn require_act(ctx: &Context<'_>, act: &str) -> Result<()> {
    if ctx.data_opt::<Caller>().is_some_and(|caller| caller.may(act)) {
        return Ok(());
    }
    Err(Refusal::new(Code::Forbidden, "This is for the edge alone.").into())
}
