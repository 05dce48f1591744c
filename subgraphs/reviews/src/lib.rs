#![doc = include_str!("../README.md")]

mod graph;
pub mod import;
mod listen;
mod listing;
mod rating;
mod review;
mod store;
mod submit;

use kit::identity::privacy::PrivacyHandler;
use kit::{Runtime, Service};

pub use graph::{Schema, attach_loaders, schema};
pub use listen::{CatalogEvents, OrderEvents};
pub use store::{Store, retention};

/// The subgraph, ready to run.
pub async fn service(runtime: Runtime) -> anyhow::Result<Service> {
    let store = Store::new(runtime.db.clone(), runtime.clock.clone());
    let (dressed, asking) = (store.clone(), store.clone());
    let answers = PrivacyHandler::new(runtime.db.clone(), store.clone());
    let service = Service::new(&runtime, schema(), move |request, viewer| attach_loaders(&dressed, request, viewer));
    Ok(service
        .with_retention(retention())
        .with_afterthought(move || {
            let asking = asking.clone();
            async move { asking.ask_for_products().await }
        })
        .with_consumer(kit::identity::privacy::COMMANDS, 1, answers)
        .with_consumer(listen::CATALOG_EVENTS, 1, CatalogEvents(store.clone()))
        .with_consumer(listen::CATALOG_RESENT, 1, CatalogEvents(store.clone()))
        .with_consumer(listen::ORDER_EVENTS, 1, OrderEvents(store)))
}
