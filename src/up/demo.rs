//! What an empty shop opens with.

use std::path::{Path, PathBuf};

use web_bff::demo::{ACCOUNTS, Account};

use crate::config::Config;
use crate::console;
use crate::demo::Demo;
use crate::role::Role;
use crate::{import, migrate};

/// What `catalogue` is where nobody has named one.
const DEMO: &str = "demo";
const DEMO_FILE: &str = "demo/catalogue.ndjson.gz";

/// Makes the demo accounts, unless they are there. Where this is no demo it has none, and those of a former one are
/// disabled.
pub async fn accounts(config: &Config, demo: Demo) -> anyhow::Result<&'static [Account]> {
    let db = migrate::open(Role::Users, config).await?;
    let store = users::Store::new(db, kit::Clock::system());
    if !demo.is_on() {
        let disabled = disable(&store).await?;
        if disabled > 0 {
            console::say(&format!(
                "this shop is a demo no more: its {disabled} demo accounts are disabled, and signed out"
            ));
        }
        return Ok(&[]);
    }
    for account in ACCOUNTS {
        users::ensure_demo_account(&store, account.email, account.password, account.name, account.permissions)
            .await
            .map_err(kit::Failure::into_anyhow)?;
    }
    Ok(ACCOUNTS)
}

/// Lets nobody into the accounts of a demo any more, and says into how many somebody could get.
pub async fn disable(store: &users::Store) -> anyhow::Result<usize> {
    let emails: Vec<&str> = ACCOUNTS.iter().map(|account| account.email).collect();
    users::disable_demo_accounts(store, &emails).await.map_err(kit::Failure::into_anyhow)
}

/// Imports the configured catalogue if there is no product yet, and says whether it did. What the demo sells is for a demo.
pub async fn import_into_an_empty_shop(config: &Config, demo: Demo) -> anyhow::Result<bool> {
    if config.catalogue == "none" || !import::shop_is_empty(config).await? {
        return Ok(false);
    }
    if config.catalogue == DEMO && !demo.is_on() {
        console::say(
            "this shop is no demo, so it opens empty: name a catalogue with --catalogue FILE, or try this one with --demo",
        );
        return Ok(false);
    }
    let file = find(&config.catalogue)?;
    console::say(&format!("importing {} into an empty shop", file.display()));
    import::command(&file, config.clone()).await?;
    Ok(true)
}

/// The catalogue as named: from here, or from beside the program's source tree.
pub fn find(name: &str) -> anyhow::Result<PathBuf> {
    let name = if name == DEMO { DEMO_FILE } else { name };
    let here = PathBuf::from(name);
    let beside_the_source = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    [here, beside_the_source].into_iter().find(|path| path.is_file()).ok_or_else(|| {
        anyhow::anyhow!(
            "there is no catalogue at `{name}`: name one with --catalogue FILE, or start with --catalogue none"
        )
    })
}
