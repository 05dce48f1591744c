use async_graphql::{Context, InputObject, Object};
use kit::{Callers, Result};
use vocab::UserErrorCode;

use super::asking::require_act;
use super::sign_in_payload::{SignInPayload, arrival};
use super::user_error::UserError;
use crate::identities::{Identities, IdentitySignIn};
use crate::identity::{ACT, AUDIENCE, Assertion};

/// What the edge has learned from a provider about somebody.
#[derive(InputObject)]
#[graphql(inaccessible)]
pub struct UserIdentitySignInInput {
    /// What the provider says of them, signed by the edge for `mercato-identity`.
    assertion: String,
    /// What to call the device in the list of sessions: 1 to 80 characters. Null for no name.
    device: Option<String>,
    /// What an earlier sign-in on this device gave as `deviceToken`.
    device_token: Option<String>,
}

#[derive(Default)]
pub struct UserIdentitySignIn;

#[Object]
impl UserIdentitySignIn {
    /// Signs somebody in whom a provider knows. For the edge alone.
    #[graphql(inaccessible)]
    async fn user_identity_sign_in(&self, ctx: &Context<'_>, input: UserIdentitySignInInput) -> Result<SignInPayload> {
        require_act(ctx, ACT)?;
        let UserIdentitySignInInput { assertion, device, device_token } = input;
        let asserted: Assertion = ctx.data_unchecked::<Callers>().said(&assertion, AUDIENCE).await?;
        let arrival = match arrival(device, device_token) {
            Ok(arrival) => arrival,
            Err(refused) => return Ok(SignInPayload::refused(refused)),
        };
        Ok(match ctx.data_unchecked::<Identities>().sign_in(&asserted, arrival).await? {
            IdentitySignIn::In(admission) => admission.into(),
            IdentitySignIn::NotLinked => SignInPayload::refused(UserError::coded(
                UserErrorCode::IdentityNotLinked,
                "There is an account with this address. Sign in to it first, then link the provider in its settings.",
                &[],
            )),
            IdentitySignIn::WithoutEmail => SignInPayload::refused(UserError::coded(
                UserErrorCode::IdentityWithoutEmail,
                "The provider does not vouch for an e-mail address. Register with an address instead.",
                &[],
            )),
        })
    }
}
