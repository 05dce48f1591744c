use std::sync::Arc;

use async_graphql::{Context, InputObject, Object};
use kit::Result;
use vocab::InvalidInput;

use super::asking::{gone, signed_in};
use super::user::User;
use super::user_error::UserError;
use crate::account::{Account, DisplayName};
use crate::store::Store;

/// What is to change in your profile. What is left out stays.
#[derive(InputObject)]
pub struct UserProfileUpdateInput {
    /// The name that others will see: 1 to 80 characters.
    display_name: Option<String>,
}

/// What became of a profile.
pub struct UserProfileUpdatePayload(Result<Arc<Account>, UserError>);

/// What became of a profile.
#[Object]
impl UserProfileUpdatePayload {
    /// You, as you are now; null when nothing was changed.
    async fn user(&self) -> Option<User> {
        self.0.as_ref().ok().map(|account| User::new(account.clone()))
    }

    /// What cannot stand; empty when the profile is as asked.
    async fn user_errors(&self) -> Vec<UserError> {
        self.0.as_ref().err().cloned().into_iter().collect()
    }
}

#[derive(Default)]
pub struct UserProfileUpdate;

#[Object]
impl UserProfileUpdate {
    /// Changes what others see of you.
    async fn user_profile_update(
        &self,
        ctx: &Context<'_>,
        input: UserProfileUpdateInput,
    ) -> Result<UserProfileUpdatePayload> {
        let (user, _) = signed_in(ctx)?;
        let name = match input.display_name.as_deref().map(DisplayName::parse).transpose() {
            Ok(name) => name,
            Err(flaw) => {
                let refused = UserError::from(InvalidInput::new(flaw, &["displayName"]));
                return Ok(UserProfileUpdatePayload(Err(refused)));
            }
        };
        let changed = ctx.data_unchecked::<Store>().change_profile(&user, name).await?;
        Ok(UserProfileUpdatePayload(changed.map(Arc::new).ok_or_else(gone)))
    }
}
