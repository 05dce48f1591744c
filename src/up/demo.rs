//! What an empty shop opens with.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use web_bff::demo::{ACCOUNTS, Account};

use super::table;
use crate::config::Config;
use crate::role::Role;
use crate::{import, serve};

/// Accounts whose passwords everybody knows are for a shop that only this machine reaches.
pub fn wanted(config: &Config, shop: SocketAddr) -> bool {
    config.catalogue != "none" && shop.ip().is_loopback()
}

/// Makes the demo accounts, unless they are there. None where they are not wanted.
pub async fn accounts(config: &Config, shop: &SocketAddr) -> anyhow::Result<&'static [Account]> {
    if !wanted(config, *shop) {
        return Ok(&[]);
    }
    let db = serve::open_migrated(Role::Users, &config.place("users")?).await?;
    let store = users::Store::new(db, kit::Clock::system());
    for account in ACCOUNTS {
        users::ensure_account(&store, account.email, account.password, account.name, account.permissions)
            .await
            .map_err(kit::Failure::into_anyhow)?;
    }
    Ok(ACCOUNTS)
}

/// Imports the configured catalogue if there is no product yet, and says whether it did.
pub async fn import_into_an_empty_shop(config: &Config) -> anyhow::Result<bool> {
    if config.catalogue == "none" || !import::shop_is_empty(config).await? {
        return Ok(false);
    }
    let file = find(&config.catalogue)?;
    table::say(&format!("importing {} into an empty shop", file.display()));
    import::command(&file, config.clone()).await?;
    Ok(true)
}

/// The catalogue as named: from here, or from beside the program's source tree.
pub fn find(name: &str) -> anyhow::Result<PathBuf> {
    let here = PathBuf::from(name);
    let beside_the_source = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    [here, beside_the_source].into_iter().find(|path| path.is_file()).ok_or_else(|| {
        anyhow::anyhow!(
            "there is no catalogue at `{name}`: name one with --catalogue FILE, or start with --catalogue none"
        )
    })
}
