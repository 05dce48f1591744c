//! `mercato dead-letters`: messages that were not to be handled, and what to do about them.

use anyhow::Context;
use kit::messaging::{DeadLetter, DeadLetters};

use crate::config::Config;
use crate::console::say;
use crate::reach::WhichShop;
use crate::streams;

#[derive(clap::Args)]
pub struct Options {
    #[command(flatten)]
    shop: WhichShop,
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

pub async fn run(options: Options, config: Config) -> anyhow::Result<()> {
    let letters = DeadLetters::new(options.shop.reach(config).await?, &streams::subscribers());
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
