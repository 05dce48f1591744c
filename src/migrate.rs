//! `mercato migrate`: brings every database to the schema of this version.

use anyhow::Context;
use kit::Db;
use kit::db::{Nowhere, Place};

use crate::config::Config;
use crate::console;
use crate::role::Role;

/// `with_migrator!(role, db.method)`: calls the method with the migrations of the role.
macro_rules! with_migrator {
    ($role:expr, $db:ident . $method:ident) => {
        match $role {
            Role::Users => $db.$method::<migrations::users::Migrator>().await,
            Role::Catalog => $db.$method::<migrations::catalog::Migrator>().await,
            Role::Inventory => $db.$method::<migrations::inventory::Migrator>().await,
            Role::Search => $db.$method::<migrations::search::Migrator>().await,
            Role::Orders => $db.$method::<migrations::orders::Migrator>().await,
            Role::Payments => $db.$method::<migrations::payments::Migrator>().await,
            Role::Reviews => $db.$method::<migrations::reviews::Migrator>().await,
            Role::Shipping => $db.$method::<migrations::shipping::Migrator>().await,
            Role::WebBff | Role::MailCatcher => Ok(Vec::new()),
        }
    };
}

#[derive(clap::Args)]
pub struct Options {
    /// Apply nothing; fail where a database lacks a migration.
    #[arg(long)]
    check: bool,
}

/// Says of each database what was applied to it, or what it lacks.
pub async fn run(options: &Options, mut config: Config) -> anyhow::Result<()> {
    if options.check {
        return check(&config).await;
    }
    config.prepare_data()?;
    #[cfg(feature = "faults")]
    kit::faults::init(config.data.join("faults"), "migrate")?;
    for role in Role::SUBGRAPHS {
        console::say(&line(role, "applied", &apply(role, &reach(role, &config).await?).await?));
    }
    Ok(())
}

/// Writes nothing.
async fn check(config: &Config) -> anyhow::Result<()> {
    let mut lacking = 0;
    for role in Role::SUBGRAPHS {
        let names = match config.place(role.name())? {
            Place::Sqlite(file) if !file.exists() => with_migrator!(role, Nowhere.lacks)?,
            place => lacks(role, &open_at(role, &place).await?).await?,
        };
        lacking += names.len();
        console::say(&line(role, "lacks", &names));
    }
    anyhow::ensure!(lacking == 0, "{lacking} migrations are lacking: `mercato migrate` applies them");
    Ok(())
}

fn line(role: Role, what: &str, names: &[String]) -> String {
    if names.is_empty() {
        format!("  {role:<10} up to date")
    } else {
        format!("  {role:<10} {what} {}", names.join(", "))
    }
}

/// Brings every database up to date.
pub async fn apply_everywhere(config: &Config) -> anyhow::Result<()> {
    for role in Role::SUBGRAPHS {
        apply(role, &reach(role, config).await?).await?;
    }
    Ok(())
}

/// The database of a role that serves, brought up to date where `migrate_at_start` lets it.
pub async fn open_to_serve(role: Role, config: &Config) -> anyhow::Result<Db> {
    let db = reach(role, config).await?;
    if config.migrate_at_start {
        apply(role, &db).await?;
        return Ok(db);
    }
    up_to_date(role, db).await
}

/// The database of `role` for an operator's command. A server that others share is migrated by who says so alone; a file
/// of this machine at once.
pub async fn open(role: Role, config: &Config) -> anyhow::Result<Db> {
    let db = reach(role, config).await?;
    if config.database.reveal() == "sqlite" {
        apply(role, &db).await?;
        return Ok(db);
    }
    up_to_date(role, db).await
}

async fn up_to_date(role: Role, db: Db) -> anyhow::Result<Db> {
    let lacking = lacks(role, &db).await?;
    anyhow::ensure!(
        lacking.is_empty(),
        "the database of {role} lacks {}: run `mercato migrate` first",
        lacking.join(", ")
    );
    Ok(db)
}

async fn reach(role: Role, config: &Config) -> anyhow::Result<Db> {
    open_at(role, &config.place(role.name())?).await
}

async fn open_at(role: Role, place: &Place) -> anyhow::Result<Db> {
    Db::open(place).await.with_context(|| format!("the database of {role} cannot be opened"))
}

async fn lacks(role: Role, db: &Db) -> anyhow::Result<Vec<String>> {
    let names = with_migrator!(role, db.lacks);
    names.with_context(|| format!("the database of {role} does not say which migrations it has"))
}

async fn apply(role: Role, db: &Db) -> anyhow::Result<Vec<String>> {
    let names = with_migrator!(role, db.migrate);
    names.with_context(|| format!("the database of {role} cannot be migrated"))
}
