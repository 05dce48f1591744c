#![doc = include_str!("../README.md")]

mod answer;
mod ask;
mod changes;
mod filter;
mod graph;
mod index;
mod price_band;
mod product;
mod synonym;
mod words;

use kit::message::Message;
use kit::{Db, Runtime, Service};

pub use changes::Changes;
pub use graph::{Schema, dress, schema};
pub use index::Index;

const EVENTS: &str = "catalog.events";
const COMMANDS: &str = "catalog.commands";
const RESEND_PRODUCTS: &str = "catalog.resend_products.v1";
/// How many messages wait for one commit together.
const MESSAGES_IN_HAND: usize = 32;

/// The search subgraph, ready to run.
///
/// A replica that shared its group with another would see only some of the products: each but one is told that it is a
/// `further` one, and its name.
pub async fn service(runtime: Runtime, further: Option<&str>) -> anyhow::Result<Service> {
    let index = Index::open(&runtime.data)?;
    let changes = Changes::new(index.clone());
    let (asked, db) = (index.clone(), runtime.db.clone());
    let dressed = move |request, viewer: &kit::Viewer| dress(&index, request, viewer);
    Ok(Service::new(&runtime, schema(), dressed)
        .with_consumer_in(group(&runtime, further), EVENTS, MESSAGES_IN_HAND, changes)
        .with_afterthought(move || {
            let (asked, db) = (asked.clone(), db.clone());
            async move { ask_for_products_when_empty(&asked, &db).await }
        }))
}

fn group(runtime: &Runtime, further: Option<&str>) -> &'static str {
    match further {
        None => runtime.role,
        // Once in the life of a process.
        Some(name) => Box::leak(format!("{}-{name}", runtime.role).into_boxed_str()),
    }
}

/// An index that opens empty, or was lost, asks the catalog for everything.
pub async fn ask_for_products_when_empty(index: &Index, db: &Db) -> kit::Result<()> {
    if !index.is_empty() {
        return Ok(());
    }
    let txn = db.begin().await?;
    txn.send(COMMANDS, &Message::new(RESEND_PRODUCTS, "catalog", &serde_json::json!({}))?).await?;
    txn.commit().await?;
    Ok(())
}
