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
    /// the permission `users`, who grant and take what they hold themselves; only an owner grants or takes `USERS` and
    /// `OWNER`. Takes a recent proof of who you are, and goes into the audit log.
    async fn user_permissions_set(
        &self,
        ctx: &Context<'_>,
        input: UserPermissionsSetInput,
    ) -> Result<UserPermissionsSetPayload> {
        let viewer = ctx.data_unchecked::<Viewer>();
        viewer.require(Permission::Users.name())?;
        let actor = viewer.require_recent()?;
        let permissions = input.permissions.into_iter().collect();
        let granted = match UserId::try_from(&input.user_id) {
            Ok(user) => ctx.data_unchecked::<Staff>().set_permissions(actor, &user, permissions).await?,
            Err(_no_user) => Granting::NotFound,
        };
        let refused = match granted {
            Granting::Done => None,
            Granting::NotFound => Some((UserErrorCode::NotFound, "There is no such user.".to_owned(), "userId")),
            Granting::NotVerified => {
                let message = "Nobody has shown that the account's address is theirs.";
                Some((UserErrorCode::EmailNotVerified, message.to_owned(), "userId"))
            }
            Granting::Own => {
                Some((UserErrorCode::InvalidInput, "Somebody else must set your permissions.".to_owned(), "userId"))
            }
            Granting::NotHeld(permissions) => {
                let message = format!(
                    "You grant what you hold yourself, and you do not hold {}. Ask an owner of the shop.",
                    permissions.names().join(", ")
                );
                Some((UserErrorCode::PermissionNotHeld, message, "permissions"))
            }
            Granting::OwnersOnly => {
                let message = "Only an owner of the shop says who grants permissions, and who owns it.";
                Some((UserErrorCode::PermissionNotHeld, message.to_owned(), "permissions"))
            }
            Granting::HoldsMore => {
                let message = "This user may do more than you: only who may do as much takes a permission from them.";
                Some((UserErrorCode::PermissionNotHeld, message.to_owned(), "userId"))
            }
            Granting::LastOwner => {
                let message = "This is the only owner of the shop. Make somebody else an owner first.";
                Some((UserErrorCode::LastOwner, message.to_owned(), "userId"))
            }
        };
        let user_errors = refused.map(|(code, message, at)| UserError::coded(code, message, &[at]));
        Ok(UserPermissionsSetPayload { user_errors: user_errors.into_iter().collect() })
    }
}
