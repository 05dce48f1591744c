//! Who of the staff may do what.

use kit::identity::audit::AuditEvent;
use kit::{Result, Role, Signed, Txn};
use serde_json::json;
use vocab::UserId;

use crate::account::Account;
use crate::permission::{Permission, Permissions};
use crate::sessions::Sessions;
use crate::store::Store;

/// Grants permissions, and takes them away.
#[derive(Clone)]
pub struct Staff {
    store: Store,
    sessions: Sessions,
}

/// What became of the wish to set permissions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Granting {
    Done,
    NotFound,
    /// Nobody has shown that the account's address is theirs: somebody may wait in it for permissions to come.
    NotVerified,
    /// Nobody sets their own: one could lock everybody out, and the other could not be told from a thief.
    Own,
    /// Nobody grants what they do not hold themselves.
    NotHeld(Permissions),
    /// Nobody but an owner says who may grant, and who owns.
    OwnersOnly,
    /// Nobody takes from who holds more than they.
    HoldsMore,
    /// Somebody always owns the shop.
    LastOwner,
}

/// Whether somebody who holds `held` may make `from` into `to`.
fn refusal(held: &Permissions, from: &Permissions, to: &Permissions) -> Option<Granting> {
    let (added, taken) = (to.without(from), from.without(to));
    let not_held = added.without(held);
    let changes = |permission| added.has(permission) || taken.has(permission);
    if !not_held.is_empty() && !not_held.has(Permission::Owner) {
        return Some(Granting::NotHeld(not_held));
    }
    if (changes(Permission::Users) || changes(Permission::Owner)) && !held.has(Permission::Owner) {
        return Some(Granting::OwnersOnly);
    }
    (!taken.is_empty() && !held.hold(from)).then_some(Granting::HoldsMore)
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
        let owners = Store::owners_in_hand(&txn).await?;
        let Some((account, password)) = Store::account_in_hand(&txn, user).await? else {
            txn.rollback().await?;
            return Ok(Granting::NotFound);
        };
        if account.email_verified_at.is_none() {
            txn.rollback().await?;
            return Ok(Granting::NotVerified);
        }
        let held = self.held_by(&txn, actor).await?;
        let last =
            account.permissions.has(Permission::Owner) && !permissions.has(Permission::Owner) && owners.len() < 2;
        let refused = refusal(&held, &account.permissions, &permissions);
        if let Some(refused) = refused.or_else(|| last.then_some(Granting::LastOwner)) {
            txn.rollback().await?;
            return Ok(refused);
        }
        let role = match (account.role, permissions.is_empty()) {
            (Role::User, false) => Role::Staff,
            (Role::Staff, true) => Role::User,
            (role, _) => role,
        };
        let loses = !permissions.hold(&account.permissions);
        let detail = json!({"from": account.permissions.names(), "to": permissions.names()});
        Store::update_account(&txn, &Account { role, permissions, ..account }, password.as_ref()).await?;
        let deed = AuditEvent::of(actor, "user.permissions", user.as_str(), self.store.clock().now());
        txn.record(&deed.with_detail(detail)).await?;
        let ended = if loses { self.sessions.end_others(&txn, user, None).await? } else { Vec::new() };
        txn.commit().await?;
        self.sessions.tell(&ended).await;
        Ok(Granting::Done)
    }

    /// What somebody holds: no more than their token says, and no more than they still have.
    async fn held_by(&self, txn: &Txn, actor: &Signed) -> Result<Permissions> {
        let told: Permissions = actor.permissions.iter().filter_map(|name| name.parse().ok()).collect();
        let account = match UserId::parse(&actor.user_id) {
            Ok(id) => Store::account_in(txn, &id).await?,
            Err(_no_user) => None,
        };
        Ok(account.map_or(told.clone(), |account| account.permissions.and(&told)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(held: &str, from: &str, to: &str) -> Option<Granting> {
        let [held, from, to] = [held, from, to].map(Permissions::stored);
        refusal(&held, &from, &to)
    }

    #[test]
    fn somebody_grants_and_takes_what_they_hold_themselves() {
        assert_eq!(refused("users orders", "", "orders"), None);
        assert_eq!(refused("users orders", "orders", ""), None);
        let catalog = Permissions::parse(["catalog"]).expect("a permission");
        assert_eq!(refused("users orders", "", "orders catalog"), Some(Granting::NotHeld(catalog)));
        assert_eq!(refused("users orders", "orders catalog", "catalog"), Some(Granting::HoldsMore));
        assert_eq!(refused("users orders", "catalog", "catalog orders"), None, "who adds takes nothing");
    }

    #[test]
    fn only_an_owner_says_who_may_grant_and_who_owns() {
        for (from, to) in [("", "users"), ("users", ""), ("", "owner"), ("owner", ""), ("owner", "orders")] {
            assert_eq!(refused("users orders", from, to), Some(Granting::OwnersOnly), "{from} to {to}");
            assert_eq!(refused("owner", from, to), None, "{from} to {to}");
        }
    }
}
