//! Who of the staff may do what.

use kit::audit::Deed;
use kit::{Result, Role, Signed};
use serde_json::json;
use vocab::UserId;

use crate::account::Account;
use crate::permission::Permissions;
use crate::sessions::Sessions;
use crate::store::Store;

/// Grants permissions, and takes them away.
#[derive(Clone)]
pub struct Staff {
    store: Store,
    sessions: Sessions,
}

/// What became of the wish to set permissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Granting {
    Done,
    NotFound,
    /// Nobody has shown that the account's address is theirs: somebody may wait in it for permissions to come.
    NotVerified,
    /// Nobody sets their own: one could lock everybody out, and the other could not be told from a thief.
    Own,
}

impl Staff {
    pub fn new(store: Store, sessions: Sessions) -> Self {
        Self { store, sessions }
    }

    /// Sets what a user may do beyond shopping. Who loses a permission is signed out, so that no token still says it.
    pub async fn set_permissions(&self, actor: &Signed, user: &UserId, permissions: Permissions) -> Result<Granting> {
        if actor.user_id == user.as_str() {
            return Ok(Granting::Own);
        }
        let txn = self.store.begin().await?;
        let Some((account, password)) = Store::account_in_hand(&txn, user).await? else {
            txn.rollback().await?;
            return Ok(Granting::NotFound);
        };
        if account.email_verified_at.is_none() {
            txn.rollback().await?;
            return Ok(Granting::NotVerified);
        }
        let role = match (account.role, permissions.is_empty()) {
            (Role::User, false) => Role::Staff,
            (Role::Staff, true) => Role::User,
            (role, _) => role,
        };
        let loses = !permissions.hold(&account.permissions);
        let detail = json!({"from": account.permissions.names(), "to": permissions.names()});
        Store::update_account(&txn, &Account { role, permissions, ..account }, password.as_ref()).await?;
        let deed = Deed::of(actor, "user.permissions", user.as_str(), self.store.clock().now());
        txn.record(&deed.with_detail(detail)).await?;
        let ended = if loses { self.sessions.end_others(&txn, user, None).await? } else { Vec::new() };
        txn.commit().await?;
        self.sessions.tell(&ended).await;
        Ok(Granting::Done)
    }
}
