//! `mercato admin`: accounts of the staff.

use std::path::PathBuf;

use anyhow::Context;
use kit::{Clock, Failure};
use users::{Password, Store, create_staff, has_owner};

use crate::config::Config;
use crate::console::say;
use crate::migrate;
use crate::role::Role;

#[derive(clap::Args)]
pub struct Options {
    /// The folder of the shop.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// `sqlite`, or a `postgres://…` URL.
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Make an account that may sign in at once. Its password is made up, and said this once.
    Create {
        #[arg(long)]
        email: String,
        /// The name that others see.
        #[arg(long)]
        name: String,
        /// Of catalog, inventory, orders, payments, reviews, users, partners, reports: those that it has. `owner` is all of
        /// them, and to say who else may grant; the first account of a shop is its owner if nothing is said.
        #[arg(long, value_delimiter = ',')]
        permissions: Vec<String>,
        /// Read the password from standard input instead: one line.
        #[arg(long)]
        password_stdin: bool,
    },
}

pub async fn run(options: Options, mut config: Config) -> anyhow::Result<()> {
    if let Some(data) = options.data {
        config.data = data;
    }
    if let Some(url) = options.database {
        config.database = kit::config::Secret::new(url);
    }
    config.prepare_data()?;
    let Action::Create { email, name, permissions, password_stdin } = options.action;
    let password = if password_stdin { read_line()? } else { Password::made_up().map_err(Failure::into_anyhow)? };
    let db = migrate::open(Role::Users, &config).await?;
    let store = Store::new(db, Clock::system());
    let mut permissions: Vec<&str> = permissions.iter().map(String::as_str).collect();
    if permissions.is_empty() {
        let owned = has_owner(&store).await.map_err(Failure::into_anyhow)?;
        anyhow::ensure!(!owned, "the shop has an owner already: say with --permissions what this account may do");
        permissions.push("owner");
    }
    let made = create_staff(&store, &email, &password, &name, &permissions).await.map_err(Failure::into_anyhow)?;
    let id = made.context("there is an account with this address already: it was left as it is")?;
    say(&format!("{id} may sign in with the permissions {}", permissions.join(", ")));
    if !password_stdin {
        say(&format!("password: {password}"));
    }
    Ok(())
}

fn read_line() -> anyhow::Result<String> {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
