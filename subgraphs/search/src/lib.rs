#![doc = include_str!("../README.md")]
// The future that fills an index is deeper than the compiler looks by itself when it optimises.
#![recursion_limit = "256"]

mod changes;
mod filling;
mod filter;
mod graph;
mod index;
mod latest;
mod price_band;
mod product;
mod request;
mod response;
mod synonym;
mod words;

use std::time::Duration;

use kit::messaging::{Bus, replica_group};
use kit::service::Readiness;
use kit::{Runtime, Service};

pub use changes::Changes;
pub use graph::{Schema, attach_loaders, schema};
pub use index::{Filling, Index, IndexStatus, State};

use contracts::stream::{CATALOG_COMMANDS as COMMANDS, CATALOG_EVENTS as EVENTS, CATALOG_RESENT_SEARCH as RESENT};
use filling::Filler;
use latest::Latest;

const FORMER_GROUPS_EVERY: Duration = Duration::from_secs(60);
/// How many messages wait for one commit together.
const MESSAGES_IN_HAND: usize = 32;

/// The search subgraph, ready to run.
///
/// Each replica has an index of its own, hears of every change in a group of its own, and is ready when its index has held
/// the whole catalogue.
pub async fn service(runtime: Runtime) -> anyhow::Result<Service> {
    let index = Index::open(&runtime.data)?;
    let group: &'static str = replica_group(runtime.role, &runtime.instance).leak();
    let status = index.status();
    let latest = Latest::of(runtime.bus.clone(), group);
    let state = status.borrow().state.clone();
    if lacks_something(&runtime.bus, group, &state, &latest).await.map_err(kit::Failure::into_anyhow)? {
        index.fill(group).await.map_err(kit::Failure::into_anyhow)?;
    }
    let changes = Changes::new(index.clone(), group).noting(latest);
    let filler = Filler::new(index.clone(), group, &runtime);
    let (bus, patience) = (runtime.bus.clone(), runtime.patience);
    let dressed = move |request, viewer: &kit::Viewer| attach_loaders(&index, request, viewer);
    Ok(Service::new(&runtime, schema(), dressed)
        .with_replicas_consumer(EVENTS, MESSAGES_IN_HAND, changes)
        .reading(RESENT)
        .with_afterthought(move || former_groups_expire(bus.clone(), patience.forget_group_after()))
        .with_worker("filling", filler, Filler::run)
        .with_readiness(move || readiness(&status.borrow())))
}

/// Whether the index may lack something of what its group has heard. A group that is not there is made by whoever reads it,
/// and the index is filled then.
async fn lacks_something(bus: &Bus, group: &str, state: &State, latest: &Latest) -> kit::Result<bool> {
    if !bus.groups(EVENTS).await?.iter().any(|name| name == group) {
        return Ok(false);
    }
    let follows = state.follows.as_deref() == Some(group);
    let set_back = latest.noted().await?.is_some_and(|noted| noted > state.commits);
    Ok(!follows || set_back)
}

/// Groups of releases in which one replica heard in the role's own group and the others in `search-NAME`: nobody reads there
/// once the last of them has gone, and all that comes would be kept for them.
async fn former_groups_expire(bus: Bus, after: Duration) -> kit::Result<()> {
    let former = |group: &str| group == "search" || group.starts_with("search-");
    loop {
        bus.expire_former_groups(EVENTS, after, former).await?;
        if !bus.groups(EVENTS).await?.iter().any(|group| former(group)) {
            return Ok(());
        }
        tokio::time::sleep(FORMER_GROUPS_EVERY).await;
    }
}

/// Somewhat old hits are better than none; hits of a part of the catalogue pass for all that there is.
fn readiness(status: &IndexStatus) -> Readiness {
    let IndexStatus { state, filling, trouble } = status;
    let trouble = trouble.as_ref().map(|cause| format!("the index takes no changes now: {cause}"));
    let filling = filling.as_ref().map(ToString::to_string);
    if state.whole {
        let old = trouble.or_else(|| filling.map(|filling| format!("the index may be behind; {filling}")));
        return old.map_or(Readiness::Ready, Readiness::ReadyBut);
    }
    let lacking = trouble.or(filling);
    Readiness::NotReady(lacking.unwrap_or_else(|| "the index does not have the whole catalogue".to_owned()))
}
