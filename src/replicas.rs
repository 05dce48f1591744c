//! `mercato search`: the replicas of search, each with an index of its own.

use contracts::stream::CATALOG_EVENTS;
use kit::messaging::{Bus, replica_group};

use crate::config::Config;
use crate::console::say;
use crate::reach::WhichShop;
use crate::role::Role;

#[derive(clap::Args)]
pub struct Options {
    #[command(flatten)]
    shop: WhichShop,
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Have replicas build their index anew from the catalogue. Each serves what it has until the new one is whole.
    Rebuild {
        /// The one that goes by this name, as `instance` says or its host; without it all of them.
        #[arg(long, value_name = "NAME")]
        instance: Option<String>,
    },
}

pub async fn run(options: Options, config: Config) -> anyhow::Result<()> {
    let bus = options.shop.reach(config).await?;
    let Action::Rebuild { instance } = options.action;
    rebuild(&bus, instance.as_deref()).await
}

/// Destroys the groups in which they hear of changes: a replica without one cannot know what it has missed.
async fn rebuild(bus: &Bus, instance: Option<&str>) -> anyhow::Result<()> {
    let every = replica_group(Role::Search.name(), "");
    let groups = bus.groups(CATALOG_EVENTS).await.map_err(kit::Failure::into_anyhow)?;
    let names: Vec<&str> = groups.iter().filter_map(|group| group.strip_prefix(&every)).collect();
    let chosen: Vec<&str> = names.iter().copied().filter(|name| instance.is_none_or(|only| only == *name)).collect();
    match instance {
        Some(instance) if chosen.is_empty() && !names.is_empty() => {
            anyhow::bail!("no replica of search goes by the name `{instance}`; there are: {}", names.join(", "))
        }
        _ => anyhow::ensure!(
            !chosen.is_empty(),
            "no replica of search hears events through this Redis: start one, which fills its index by itself, or name the \
             Redis of the shop with --redis or --data"
        ),
    }
    for name in chosen {
        bus.destroy_group(CATALOG_EVENTS, &replica_group(Role::Search.name(), name))
            .await
            .map_err(kit::Failure::into_anyhow)?;
        // Its group outlives a replica for a while, so it may not run.
        say(&format!(
            "{name} is told to build its index anew: at once if it runs, else at its next start; its /ready says how far it is"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
