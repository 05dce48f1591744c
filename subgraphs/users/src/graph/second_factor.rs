use async_graphql::{Context, Object};
use chrono::{DateTime, Utc};
use kit::{Result, or_null};
use vocab::UserId;

use crate::store::Store;

/// How it stands with a user's second factor.
pub struct SecondFactor {
    pub user: UserId,
    pub since: DateTime<Utc>,
}

/// A second factor: signing in takes a code of an authenticator app besides the password.
#[Object]
impl SecondFactor {
    /// Since when codes are asked for.
    async fn since(&self) -> DateTime<Utc> {
        self.since
    }

    /// How many recovery codes were not used yet.
    async fn recovery_codes_left(&self, ctx: &Context<'_>) -> Option<i32> {
        or_null(ctx, recovery_codes_left(ctx, &self.user).await)
    }
}

async fn recovery_codes_left(ctx: &Context<'_>, user: &UserId) -> Result<Option<i32>> {
    let left = ctx.data_unchecked::<Store>().recovery_codes_left(user).await?;
    Ok(Some(i32::try_from(left).unwrap_or(i32::MAX)))
}
