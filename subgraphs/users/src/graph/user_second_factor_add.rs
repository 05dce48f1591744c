use async_graphql::{Context, Object, SimpleObject};
use kit::{Result, Viewer};
use vocab::UserErrorCode;

use super::asking::signed_in;
use super::user_error::UserError;
use crate::second_factors::SecondFactors;

/// What an authenticator app needs to make codes. It is shown this once.
#[derive(SimpleObject)]
pub struct SecondFactorOffer {
    /// What to type into the app, in base32.
    secret: String,
    /// The same as `otpauth://totp/…`, for a QR code that the app reads.
    url: String,
}

/// What became of the wish for a second factor.
#[derive(SimpleObject)]
pub struct UserSecondFactorAddPayload {
    /// What the app needs; nothing changes before `userSecondFactorConfirm` has a code of it. Null when it was refused.
    offer: Option<SecondFactorOffer>,
    /// Why nothing is offered; empty when it is.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct UserSecondFactorAdd;

#[Object]
impl UserSecondFactorAdd {
    /// Begins to give your account a second factor: time-based codes (RFC 6238: six digits, every 30 seconds). Takes a
    /// recent proof of who you are.
    async fn user_second_factor_add(&self, ctx: &Context<'_>) -> Result<UserSecondFactorAddPayload> {
        let (user, _) = signed_in(ctx)?;
        ctx.data_unchecked::<Viewer>().require_recent()?;
        let offered = ctx.data_unchecked::<SecondFactors>().offer(&user).await?;
        Ok(match offered {
            Some(offered) => UserSecondFactorAddPayload {
                offer: Some(SecondFactorOffer { secret: offered.secret, url: offered.url }),
                user_errors: Vec::new(),
            },
            None => {
                let message = "Your account has a second factor. Remove it before you add another.";
                let refused = UserError::coded(UserErrorCode::AlreadyExists, message, &[]);
                UserSecondFactorAddPayload { offer: None, user_errors: vec![refused] }
            }
        })
    }
}
