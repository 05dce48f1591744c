use async_graphql::{Context, InputObject, Object, SimpleObject};
use kit::{Result, Viewer};
use vocab::UserErrorCode;

use super::asking::{client, signed_in};
use super::user_error::{UserError, wrong_code};
use crate::second_factors::{Confirming, SecondFactors};

/// The code that shows that an app makes the right ones.
#[derive(InputObject)]
pub struct UserSecondFactorConfirmInput {
    /// The six digits that the app shows now.
    code: String,
}

/// What became of a second factor.
#[derive(SimpleObject)]
pub struct UserSecondFactorConfirmPayload {
    /// Ten codes, each good for one sign-in without the app. They are shown this once. Null when it was refused.
    recovery_codes: Option<Vec<String>>,
    /// Why no code is asked for yet; empty when one is from now on.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct UserSecondFactorConfirm;

#[Object]
impl UserSecondFactorConfirm {
    /// Turns your second factor on: signing in takes a code from now on. All your other sessions end, and a mail tells
    /// you of it. Renew your tokens afterwards: for staff they say more then.
    async fn user_second_factor_confirm(
        &self,
        ctx: &Context<'_>,
        input: UserSecondFactorConfirmInput,
    ) -> Result<UserSecondFactorConfirmPayload> {
        let (user, session) = signed_in(ctx)?;
        let signed = ctx.data_unchecked::<Viewer>().require_recent()?;
        let factors = ctx.data_unchecked::<SecondFactors>();
        let refused = match factors.confirm(signed, &user, session.as_ref(), &input.code, client(ctx)).await? {
            Confirming::On(codes) => {
                let recovery_codes = Some(codes.iter().map(|code| code.reveal()).collect());
                return Ok(UserSecondFactorConfirmPayload { recovery_codes, user_errors: Vec::new() });
            }
            Confirming::NotOffered => {
                let message = "There is nothing to confirm. Begin with `userSecondFactorAdd`.";
                UserError::coded(UserErrorCode::NotFound, message, &[])
            }
            Confirming::WrongCode => wrong_code(),
            Confirming::TooManyAttempts(refused) => refused.into(),
        };
        Ok(UserSecondFactorConfirmPayload { recovery_codes: None, user_errors: vec![refused] })
    }
}
