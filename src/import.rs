//! `mercato import FILE`: a catalogue file, landed in the shop.
//!
//! The format is written down in `docs/import-format.md`. Each subgraph says for itself what it believes and lands it;
//! this module reads the file, keeps the order of things, and says what became of every line.

mod landing;
mod line;
mod progress;
mod reader;
mod summary;
#[cfg(test)]
mod tests;

use std::path::Path;

use kit::Clock;

use crate::config::Config;
use crate::migrate;
use crate::role::Role;

use self::landing::{Stores, run};
use self::progress::Progress;

/// Lands the file and prints what became of it. An error when any line was refused, after the others have landed.
pub async fn command(file: &Path, mut config: Config) -> anyhow::Result<()> {
    config.prepare_data()?;
    let stores = open(&config).await?;
    let summary = run(file, &stores, Progress::to_stderr()).await?;
    summary.print();
    match summary.refused() {
        0 => Ok(()),
        lines => anyhow::bail!("{lines} of the lines were refused; the others have landed"),
    }
}

/// Whether there is no product yet.
pub async fn shop_is_empty(config: &Config) -> anyhow::Result<bool> {
    let db = migrate::open(Role::Catalog, config).await?;
    catalog::Store::new(db).is_empty().await.map_err(kit::Failure::into_anyhow)
}

async fn open(config: &Config) -> anyhow::Result<Stores> {
    let open = async |role: Role| migrate::open(role, config).await;
    Ok(Stores {
        catalog: catalog::Store::new(open(Role::Catalog).await?),
        inventory: inventory::Store::new(open(Role::Inventory).await?, Clock::system()),
        reviews: reviews::Store::new(open(Role::Reviews).await?, Clock::system()),
    })
}
