//! `mercato dead-letters`: messages that were not to be handled, and what to do about them.

use std::path::PathBuf;

use anyhow::Context;
use kit::message::{Bus, DeadLetter, DeadLetters};

use crate::config::Config;
use crate::streams;
use crate::up::table::say;
use crate::up::tools;

#[derive(clap::Args)]
pub struct Options {
    /// The folder of the shop whose letters these are.
    #[arg(long, value_name = "DIR", global = true)]
    data: Option<PathBuf>,
    /// `private`, or a `redis://…` URL.
    #[arg(long, value_name = "URL", global = true)]
    redis: Option<String>,
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// The newest, a line each.
    List {
        /// How many.
        #[arg(long, default_value_t = 100)]
        most: usize,
    },
    /// One, whole. Its body may hold personal data.
    Show { id: String },
    /// Send them again, once their cause is mended. Whoever has handled one passes it over.
    Replay {
        #[arg(required = true)]
        ids: Vec<String>,
    },
    /// Give them up for good.
    Drop {
        #[arg(required = true)]
        ids: Vec<String>,
    },
}

pub async fn run(options: Options, mut config: Config) -> anyhow::Result<()> {
    if let Some(data) = options.data {
        config.data = data;
    }
    if let Some(url) = options.redis {
        config.redis = kit::config::Secret::new(url);
    }
    let letters = open(&config).await?;
    match options.action {
        Action::List { most } => list(&letters, most).await,
        Action::Show { id } => {
            show(&find(&letters, &id).await?);
            Ok(())
        }
        Action::Replay { ids } => {
            for letter in find_all(&letters, &ids).await? {
                let sent = letters.replay(&letter).await.map_err(kit::Failure::into_anyhow)?;
                anyhow::ensure!(sent, "{} is not there any more: somebody else has just acted on it", letter.id);
                say(&format!("{} is sent again", letter.id));
            }
            Ok(())
        }
        Action::Drop { ids } => {
            for letter in find_all(&letters, &ids).await? {
                let dropped = letters.discard(&letter).await.map_err(kit::Failure::into_anyhow)?;
                anyhow::ensure!(dropped, "{} is not there any more: somebody else has just acted on it", letter.id);
                say(&format!("{} is dropped", letter.id));
            }
            Ok(())
        }
    }
}

async fn open(config: &Config) -> anyhow::Result<DeadLetters> {
    Ok(DeadLetters::new(reach(config).await?, &streams::audience()))
}

/// The Redis of the shop that the configuration names.
pub async fn reach(config: &Config) -> anyhow::Result<Bus> {
    let bus = if config.redis.reveal() == "private" {
        let data = config.data.canonicalize();
        let data = data.with_context(|| format!("there is no shop in `{}`", config.data.display()))?;
        let socket = format!("unix://{}", tools::socket_path(&data)?.display());
        Bus::connect(&socket).await.map_err(kit::Failure::into_anyhow)
    } else {
        config.connect().await
    };
    bus.context("is the shop up?")
}

async fn list(letters: &DeadLetters, most: usize) -> anyhow::Result<()> {
    let found = letters.newest(most).await.map_err(kit::Failure::into_anyhow)?;
    for letter in &found {
        let DeadLetter { id, kind, key, group, attempts, at, cause, .. } = letter;
        say(&format!("{id}  {}  {group}  {kind}  {key}  {attempts} attempts  {cause}", at.to_rfc3339()));
    }
    match found.len() {
        1 => say("1 dead letter"),
        many => say(&format!("{many} dead letters")),
    }
    Ok(())
}

async fn find(letters: &DeadLetters, id: &str) -> anyhow::Result<DeadLetter> {
    let found = letters.find(id).await.map_err(kit::Failure::into_anyhow)?;
    found.with_context(|| format!("there is no dead letter `{id}`: `mercato dead-letters list` names them"))
}

/// All of them, before anything is done with one.
async fn find_all(letters: &DeadLetters, ids: &[String]) -> anyhow::Result<Vec<DeadLetter>> {
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        found.push(find(letters, id).await?);
    }
    Ok(found)
}

fn show(letter: &DeadLetter) {
    let DeadLetter { id, stream, group, cause, attempts, at, message_id, kind, key, body, .. } = letter;
    for (name, value) in [
        ("id", id.as_str()),
        ("stream", stream),
        ("group", group),
        ("message", message_id),
        ("kind", kind),
        ("key", key),
        ("attempts", &attempts.to_string()),
        ("since", &at.to_rfc3339()),
        ("cause", cause),
        ("body", body),
    ] {
        say(&format!("{name:<10}{value}"));
    }
}
