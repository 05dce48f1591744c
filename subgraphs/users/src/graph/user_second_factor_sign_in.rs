use async_graphql::{Context, InputObject, Object};
use kit::Result;
use vocab::UserErrorCode;

use super::asking::client;
use super::sign_in_payload::{SignInPayload, arrival};
use super::user_error::{UserError, wrong_code};
use crate::second_factors::{SecondFactors, SecondStep};

/// What comes after `SECOND_FACTOR_REQUIRED`.
#[derive(InputObject)]
pub struct UserSecondFactorSignInInput {
    /// The `ticket` of that error. It holds for five minutes, and for one sign-in.
    ticket: String,
    /// The six digits that the authenticator app shows now, or a recovery code. Each is good once.
    code: String,
    /// What to call the device in the list of sessions, such as "iPhone of Ada": 1 to 80 characters. Null for no name.
    device: Option<String>,
    /// What an earlier sign-in on this device gave as `deviceToken`.
    device_token: Option<String>,
}

#[derive(Default)]
pub struct UserSecondFactorSignIn;

#[Object]
impl UserSecondFactorSignIn {
    /// Signs in with a second factor, after the first one was shown.
    async fn user_second_factor_sign_in(
        &self,
        ctx: &Context<'_>,
        input: UserSecondFactorSignInInput,
    ) -> Result<SignInPayload> {
        let UserSecondFactorSignInInput { ticket, code, device, device_token } = input;
        let arrival = match arrival(device, device_token) {
            Ok(arrival) => arrival,
            Err(refused) => return Ok(SignInPayload::refused(refused)),
        };
        let step = ctx.data_unchecked::<SecondFactors>().sign_in(&ticket, &code, arrival, client(ctx)).await?;
        Ok(match step {
            SecondStep::SignedIn(signed_in) => signed_in.into(),
            SecondStep::TicketExpired => SignInPayload::refused(UserError::coded(
                UserErrorCode::SignInAgain,
                "That took too long, or was done already. Sign in again from the beginning.",
                &["ticket"],
            )),
            SecondStep::WrongCode => SignInPayload::refused(wrong_code()),
            SecondStep::TooManyAttempts(refused) => SignInPayload::refused(refused),
        })
    }
}
