#![doc = include_str!("../README.md")]

mod category;
mod events;
mod graph;
pub mod import;
mod product;
mod resend;
mod store;
mod text;

use contracts::stream;
use kit::{Runtime, Service};

pub use graph::{CatalogSchema, attach_loaders, schema};
pub use resend::{Resend, Resender};
pub use store::{Step, Store};

/// The catalog as a service, on a migrated database.
pub async fn service(runtime: Runtime) -> anyhow::Result<Service> {
    let store = Store::new(runtime.db.clone());
    let resender = Resender::new(store.clone(), runtime.bus.clone());
    let resend = resender.requests();
    let service = Service::new(&runtime, schema(), move |request, viewer| attach_loaders(&store, request, viewer));
    Ok(service.with_consumer(stream::CATALOG_COMMANDS, 1, resend).with_worker("resend", resender, Resender::run))
}
