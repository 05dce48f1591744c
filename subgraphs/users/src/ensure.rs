//! Accounts that the operator wants to exist.

use kit::{Failure, Result, Role};
use vocab::{Email, UserId};

use crate::account::{Account, DisplayName};
use crate::operator::operator;
use crate::password::{Hashing, Password};
use crate::permission::Permissions;
use crate::store::Store;

/// Makes sure that there is an account with exactly this password, name and permissions, ready to sign in to. Doing it
/// again changes nothing; one that is disabled is enabled, and an account that somebody else made with this address is taken over, so that nobody waits there
/// for permissions to come.
pub async fn ensure_account(
    store: &Store,
    email: &str,
    password: &str,
    display_name: &str,
    permissions: &[&str],
) -> Result<UserId> {
    let (wanted, chosen) = wanted(store, email, password, display_name, permissions)?;
    let hashing = Hashing::new();
    store.enable_account(&wanted.email).await?;
    let found = match store.credentials(&wanted.email).await? {
        Some(found) => found,
        None => {
            let hash = hashing.hash(chosen.clone()).await?;
            let txn = store.begin().await?;
            let made = Store::insert_account(&txn, &wanted, Some(&hash)).await?;
            txn.commit().await?;
            if made {
                return Ok(wanted.id);
            }
            // Another process was first; it wants the same.
            let found = store.credentials(&wanted.email).await?;
            found.ok_or_else(|| {
                Failure::fault(anyhow::anyhow!("the account was neither made nor found: it is being removed elsewhere"))
            })?
        }
    };
    let (found, hash) = found;
    let email_verified_at = found.email_verified_at.or(wanted.email_verified_at);
    let wanted = Account { id: found.id.clone(), created_at: found.created_at, email_verified_at, ..wanted };
    let same_password = hashing.matches(password.to_owned(), hash.clone()).await?;
    if same_password && wanted == found {
        return Ok(found.id);
    }
    let hash = match hash.filter(|_| same_password) {
        Some(hash) => hash,
        None => hashing.hash(chosen).await?,
    };
    let txn = store.begin().await?;
    Store::update_account(&txn, &wanted, Some(&hash)).await?;
    if !same_password {
        store.end_sessions(&txn, &wanted.id, None).await?;
    }
    txn.commit().await?;
    Ok(wanted.id)
}

/// Makes an account of the staff, ready to sign in to. One that stands under a verified address is left alone: None.
pub async fn create_staff(
    store: &Store,
    email: &str,
    password: &str,
    display_name: &str,
    permissions: &[&str],
) -> Result<Option<UserId>> {
    let (wanted, _) = wanted(store, email, password, display_name, permissions)?;
    let found = store.credentials(&wanted.email).await?;
    if found.is_some_and(|(account, _)| account.email_verified_at.is_some()) {
        return Ok(None);
    }
    let id = ensure_account(store, email, password, display_name, permissions).await?;
    let detail = serde_json::json!({"permissions": wanted.permissions.names()});
    let txn = store.begin().await?;
    txn.record(&operator("user.create", id.as_str(), wanted.created_at).with_detail(detail)).await?;
    txn.commit().await?;
    Ok(Some(id))
}

/// Whether somebody owns the shop. Nobody else can say who may grant.
pub async fn has_owner(store: &Store) -> Result<bool> {
    let txn = store.begin().await?;
    let owners = Store::owners_in_hand(&txn).await?;
    txn.rollback().await?;
    Ok(!owners.is_empty())
}

fn wanted(
    store: &Store,
    email: &str,
    password: &str,
    display_name: &str,
    permissions: &[&str],
) -> Result<(Account, Password)> {
    let now = store.clock().now();
    let permissions = Permissions::parse(permissions.iter().copied())?;
    let account = Account {
        id: UserId::generate(),
        email: Email::parse(email)?,
        email_verified_at: Some(now),
        display_name: DisplayName::parse(display_name)?,
        role: if permissions.is_empty() { Role::User } else { Role::Staff },
        permissions,
        created_at: now,
    };
    Ok((account, Password::parse(password.to_owned())?))
}
