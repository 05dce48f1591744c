//! `mercato keys`: the keys that sign tokens. Private halves stay in the database, sealed.

use std::path::PathBuf;

use kit::{Clock, Failure, SigningKey};
use users::{SigningKeys, Store, signs_from, stands_until};

use crate::config::{Config, MakeKey};
use crate::console::say;
use crate::migrate;
use crate::role::Role;

#[derive(clap::Args)]
pub struct Options {
    /// The folder of the shop whose keys these are.
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
    /// The keys, and when each has its turn.
    List,
    /// Make a key. It is published at once and signs once everybody knows it; the former goes when no token of it can
    /// stand. A running shop takes it up by itself.
    Rotate,
    /// Make a key that signs at once, and forget all others. Every access token in hand is refused from then on; sessions
    /// go on. For a key that somebody else may know, or a lost `sealing_key`.
    Replace,
}

pub async fn run(options: Options, mut config: Config) -> anyhow::Result<()> {
    if let Some(data) = options.data {
        config.data = data;
    }
    if let Some(url) = options.database {
        config.database = kit::config::Secret::new(url);
    }
    config.prepare_data()?;
    let db = migrate::open(Role::Users, &config).await?;
    let clock = Clock::system();
    let make = if config.database.reveal() == "sqlite" { MakeKey::WhereThereIsNone } else { MakeKey::Never };
    let sealing = config.sealing(make)?;
    let sealed_with = sealing.name().to_owned();
    let store = Store::new(db, clock.clone()).with_sealing(sealing);
    if let Action::Replace = options.action {
        let key = store.replace_signing_keys().await.map_err(Failure::into_anyhow)?;
        say(&format!("{} signs now, and no other is believed", key.kid()));
        return Ok(());
    }
    store.signing_keys().await.map_err(Failure::into_anyhow)?;
    if let Action::Rotate = options.action {
        let key = store.rotate_signing_keys().await.map_err(Failure::into_anyhow)?;
        say(&format!("{} signs from {}", key.kid(), signs_from(&key).to_rfc3339()));
        return Ok(());
    }
    let made = store.made_signing_keys().await.map_err(Failure::into_anyhow)?;
    for (place, key) in made.iter().enumerate() {
        say(&line(&made, place, key, SigningKeys::at(clock.now(), &made).as_ref()));
    }
    say(&format!("all sealed with {sealed_with}"));
    Ok(())
}

fn line(made: &[SigningKey], place: usize, key: &SigningKey, keys: Option<&SigningKeys>) -> String {
    let kid = key.kid();
    let is_current = keys.is_some_and(|keys| keys.current.kid() == kid);
    let is_upcoming = keys.is_some_and(|keys| keys.upcoming.iter().any(|one| one.kid() == kid));
    let standing = match (is_current, is_upcoming, made.get(place + 1)) {
        (true, ..) => "signs now".to_owned(),
        (_, true, _) => format!("signs from {}", signs_from(key).to_rfc3339()),
        (.., Some(successor)) => format!("published until {}", stands_until(successor).to_rfc3339()),
        (.., None) => String::new(),
    };
    format!("{kid}  made {}  {standing}", key.created_at.to_rfc3339())
}
