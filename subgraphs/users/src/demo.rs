//! Accounts to try a shop with. Everybody knows their passwords, so they end with the demo.

use kit::Result;

use crate::ensure::ensure_account;
use crate::store::Store;

/// Makes sure that there is an account with exactly this password, name and permissions, which ends with the demo.
pub async fn ensure_demo_account(
    store: &Store,
    email: &str,
    password: &str,
    display_name: &str,
    permissions: &[&str],
) -> Result<()> {
    let id = ensure_account(store, email, password, display_name, permissions).await?;
    store.mark_demo(&id).await
}

/// Disables every account that a demo has made, and any that stands under one of `emails`. Nobody gets into one any more,
/// and its sessions have ended: [`crate::Sessions::keep_told`] tells everybody. How many there were.
pub async fn disable_demo_accounts(store: &Store, emails: &[&str]) -> Result<usize> {
    let (disabled, ended) = store.disable_demos(emails).await?;
    if !disabled.is_empty() {
        tracing::warn!(accounts = disabled.len(), sessions = ended.len(), "the accounts of the demo are disabled");
    }
    Ok(disabled.len())
}
