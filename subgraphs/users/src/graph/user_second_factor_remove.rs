use async_graphql::{Context, Object, SimpleObject};
use kit::{Result, Viewer};
use vocab::UserErrorCode;

use super::asking::signed_in;
use super::user_error::UserError;
use crate::second_factors::SecondFactors;

/// What became of the wish to have no second factor.
#[derive(SimpleObject)]
pub struct UserSecondFactorRemovePayload {
    /// Why nothing was removed; empty when it was.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct UserSecondFactorRemove;

#[Object]
impl UserSecondFactorRemove {
    /// Takes the second factor from your account, with its recovery codes. Takes a recent proof of who you are; a mail
    /// tells you of it. Where the shop asks its staff for one, your next access token names no permission.
    async fn user_second_factor_remove(&self, ctx: &Context<'_>) -> Result<UserSecondFactorRemovePayload> {
        let (user, _) = signed_in(ctx)?;
        let signed = ctx.data_unchecked::<Viewer>().require_recent()?;
        let removed = ctx.data_unchecked::<SecondFactors>().remove(signed, &user).await?;
        let refused = || UserError::coded(UserErrorCode::NotFound, "Your account has no second factor.", &[]);
        Ok(UserSecondFactorRemovePayload { user_errors: if removed { Vec::new() } else { vec![refused()] } })
    }
}
