//! Accounts that the operator wants to exist.

use kit::{Failure, Result};
use vocab::{Email, UserId};

use crate::account::{Account, DisplayName};
use crate::password::{Hashing, Password};
use crate::store::Store;

/// Makes sure that there is an account with exactly this password, name and permissions. Doing it again changes
/// nothing; an account that somebody else made with this address is taken over, so that nobody waits there for
/// permissions to come.
pub async fn ensure_account(
    store: &Store,
    email: &str,
    password: &str,
    display_name: &str,
    permissions: &[&str],
) -> Result<UserId> {
    let spaced = permissions.iter().find(|name| name.is_empty() || name.contains(char::is_whitespace));
    if let Some(spaced) = spaced {
        return Err(Failure::fault(anyhow::anyhow!("`{spaced}` is no permission: it has no name, or spaces in it")));
    }
    let wanted = Account {
        id: UserId::generate(),
        email: Email::parse(email)?,
        display_name: DisplayName::parse(display_name)?,
        permissions: permissions.iter().map(|&name| name.to_owned()).collect(),
        created_at: store.clock().now(),
    };
    let chosen = Password::parse(password.to_owned())?;
    let hashing = Hashing::new();
    let Some((found, hash)) = store.credentials(&wanted.email).await? else {
        let hash = hashing.hash(chosen).await?;
        if store.insert_account(&wanted, &hash).await? {
            return Ok(wanted.id);
        }
        // Another process was first; it wants the same.
        let made = store.credentials(&wanted.email).await?;
        return made.map(|(account, _hash)| account.id).ok_or_else(|| {
            Failure::fault(anyhow::anyhow!("the account was neither made nor found: it is being removed elsewhere"))
        });
    };
    let wanted = Account { id: found.id.clone(), created_at: found.created_at, ..wanted };
    let same_password = hashing.matches(password.to_owned(), Some(hash.clone())).await?;
    if same_password && wanted == found {
        return Ok(found.id);
    }
    let hash = if same_password { hash } else { hashing.hash(chosen).await? };
    store.update_account(&wanted, &hash).await?;
    Ok(wanted.id)
}
