#![doc = include_str!("../README.md")]

mod commands;
mod expiry;
mod graph;
mod housekeeping;
pub mod import;
mod location;
mod message;
mod products;
mod reservation;
mod reservation_batch;
mod settings;
mod stock;
mod store;

use chrono::TimeDelta;
use contracts::stream;
use kit::{Runtime, Service};

pub use commands::Commands;
pub use graph::{InventorySchema, attach_loaders, schema};
pub use products::Products;
pub use settings::Settings;
pub use store::{Conservation, Store, Violation};

/// How many commands may be in hand at once: those of different orders do not wait for each other.
const CONCURRENT_COMMANDS: usize = 8;

/// The inventory as a service, on a migrated database.
pub async fn service(runtime: Runtime, settings: Settings) -> anyhow::Result<Service> {
    let store = Store::new(runtime.db.clone(), runtime.clock.clone()).with_settings(settings);
    let (commands, products) = (Commands::new(store.clone()), Products::new(store.clone()));
    let expiring = store.clone();
    let remembered = TimeDelta::days(i64::from(runtime.patience.remember_days));
    let keeping = housekeeping::Housekeeping { store: store.clone(), remembered };
    let service = Service::new(&runtime, schema(), move |request, viewer| attach_loaders(&store, request, viewer));
    Ok(service
        .with_consumer(stream::INVENTORY_COMMANDS, CONCURRENT_COMMANDS, commands)
        .with_consumer(stream::CATALOG_EVENTS, 1, products)
        .with_worker("expired reservations", expiring, expiry::sweep)
        .with_worker("housekeeping", keeping, housekeeping::tidy))
}
