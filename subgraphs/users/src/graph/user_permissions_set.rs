use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use kit::{Result, Viewer};
use vocab::{UserErrorCode, UserId};

use super::user_error::UserError;
use crate::permission::Permission;
use crate::staff::{Granting, Staff};

/// Who may do what.
#[derive(InputObject)]
pub struct UserPermissionsSetInput {
    /// The user's id: `user_…`.
    user_id: ID,
    /// All that the user may do beyond shopping from now on; empty for a customer.
    permissions: Vec<Permission>,
}

/// What became of the wish to set permissions.
#[derive(SimpleObject)]
pub struct UserPermissionsSetPayload {
    /// Why the permissions are what they were; empty when they are set.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct UserPermissionsSet;

#[Object]
impl UserPermissionsSet {
    /// Sets what somebody else may do beyond shopping. Who loses a permission is signed out everywhere. For staff with
    /// the permission `users`; it goes into the audit log.
    async fn user_permissions_set(
        &self,
        ctx: &Context<'_>,
        input: UserPermissionsSetInput,
    ) -> Result<UserPermissionsSetPayload> {
        let actor = ctx.data_unchecked::<Viewer>().require(Permission::Users.name())?;
        let permissions = input.permissions.into_iter().collect();
        let granted = match UserId::try_from(&input.user_id) {
            Ok(user) => ctx.data_unchecked::<Staff>().set_permissions(actor, &user, permissions).await?,
            Err(_no_user) => Granting::NotFound,
        };
        let refused = match granted {
            Granting::Done => None,
            Granting::NotFound => Some((UserErrorCode::NotFound, "There is no such user.")),
            Granting::NotVerified => {
                Some((UserErrorCode::EmailNotVerified, "Nobody has shown that the account's address is theirs."))
            }
            Granting::Own => Some((UserErrorCode::InvalidInput, "Somebody else must set your permissions.")),
        };
        let user_errors = refused.map(|(code, message)| UserError::coded(code, message, &["userId"]));
        Ok(UserPermissionsSetPayload { user_errors: user_errors.into_iter().collect() })
    }
}
