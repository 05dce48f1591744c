use async_graphql::{Context, ID, InputObject, Object};
use kit::{Result, Viewer};
use vocab::{UserErrorCode, UserId};

use super::asking::{client, require_recent_with_second_factor, signed_in};
use super::erasure::{Erasure, PERMISSION};
use super::user_error::UserError;
use crate::privacy::{Erasing, Privacy};

/// Who is to be forgotten, and what shows that they want it.
#[derive(InputObject)]
pub struct UserEraseInput {
    /// Your password. An account without one is erased within ten minutes of a sign-in. Staff who erase somebody else
    /// need none.
    password: Option<String>,
    /// Who is to be forgotten; you, when it is not given. Somebody else takes the permission `users` and a recent proof
    /// of who you are, and a record of it is kept.
    user_id: Option<ID>,
    /// Whether the words of the reviews go too. Their stars stay either way, as by "A former customer".
    #[graphql(default)]
    remove_reviews: bool,
}

/// What became of the wish to be forgotten.
pub struct UserErasePayload(Erasing);

/// What became of the wish to be forgotten.
#[Object]
impl UserErasePayload {
    /// The erasure, which has only begun; null when it was refused. All sessions have ended with it.
    async fn erasure(&self) -> Option<Erasure> {
        match &self.0 {
            Erasing::Begun(erasure) => Some(Erasure((**erasure).clone())),
            _ => None,
        }
    }

    /// Why nobody is forgotten; empty when an erasure has begun.
    async fn user_errors(&self) -> Vec<UserError> {
        vec![match &self.0 {
            Erasing::Begun(_) => return Vec::new(),
            Erasing::WrongPassword => {
                UserError::coded(UserErrorCode::InvalidCredentials, "That is not your password.", &["password"])
            }
            Erasing::SignInAgain => UserError::coded(
                UserErrorCode::SignInAgain,
                "Sign in once more, then erase the account within ten minutes.",
                &[],
            ),
            Erasing::TooManyAttempts(refused) => (*refused).into(),
            Erasing::NotThere => UserError::coded(UserErrorCode::NotFound, "There is no such user.", &["userId"]),
            Erasing::HoldsMore => UserError::coded(
                UserErrorCode::PermissionNotHeld,
                "This user may do more than you: only who may do as much has them erased.",
                &["userId"],
            ),
            Erasing::LastOwner => UserError::coded(
                UserErrorCode::LastOwner,
                "This is the only owner of the shop. Make somebody else an owner first.",
                &[],
            ),
        }]
    }
}

#[derive(Default)]
pub struct UserErase;

#[Object]
impl UserErase {
    /// Forgets somebody for good. Every session ends at once. Orders that are on their way come first: then the account
    /// goes, a last mail is sent to its address, and orders, payments, reviews and shipments lose whatever names the
    /// person. The same wish again is answered with the erasure that has begun. Where you have a second factor it takes a
    /// recent proof of who you are besides.
    async fn user_erase(&self, ctx: &Context<'_>, input: UserEraseInput) -> Result<UserErasePayload> {
        let UserEraseInput { password, user_id, remove_reviews } = input;
        let (user, session) = signed_in(ctx)?;
        let privacy = ctx.data_unchecked::<Privacy>();
        let other = user_id.filter(|id| id.as_str() != user.as_str());
        let Some(other) = other else {
            require_recent_with_second_factor(ctx, &user).await?;
            let erasing = privacy.erase_own(&user, session.as_ref(), password, remove_reviews, client(ctx)).await?;
            return Ok(UserErasePayload(erasing));
        };
        let viewer = ctx.data_unchecked::<Viewer>();
        viewer.require(PERMISSION)?;
        let staff = viewer.require_recent()?;
        let Ok(other) = UserId::parse(&other) else { return Ok(UserErasePayload(Erasing::NotThere)) };
        Ok(UserErasePayload(privacy.erase_for(staff, &other, remove_reviews).await?))
    }
}
