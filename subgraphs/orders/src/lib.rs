#![doc = include_str!("../README.md")]

mod advancing;
mod cancel_or_refund;
pub mod cancellation;
pub mod cart;
pub mod checkout;
mod cost;
mod deadline;
pub mod delivery;
mod faults;
mod graph;
mod listen;
mod loaded_order;
mod messages;
pub mod offer;
pub mod order;
mod order_link;
mod order_lookup;
mod placing;
pub mod saga;
mod settings;
mod shopper_error;
mod shopping;
mod step;
mod store;

use contracts::stream;
use kit::identity::privacy::PrivacyHandler;
use kit::messaging::DeadLetters;
use kit::{Runtime, Service, Viewer};

pub use deadline::Overdue;
pub use graph::{Schema, attach_loaders, schema};
pub use listen::{CatalogEvents, Replies, ShippingEvents, StockEvents};
pub use settings::Settings;
pub use store::Store;

/// How many sagas may be moved on at once. Two answers to one order wait for each other at its row.
const REPLIES_IN_HAND: usize = 16;

/// The orders subgraph, ready to run on a migrated database.
pub async fn service(runtime: Runtime, settings: Settings) -> anyhow::Result<Service> {
    let store = Store::new(runtime.db.clone(), runtime.clock.clone(), settings);
    let (dressed, asking) = (store.clone(), store.clone());
    let letters = DeadLetters::new(runtime.bus.clone(), &runtime.subscribers);
    let verifier = runtime.verifier.clone();
    let attach_loaders = move |request, viewer: &Viewer| {
        attach_loaders(&dressed, request, viewer).data(letters.clone()).data(verifier.clone())
    };
    Ok(Service::new(&runtime, schema(), attach_loaders)
        .with_consumer(stream::CATALOG_EVENTS, 1, CatalogEvents::new(store.clone()))
        .with_consumer(stream::CATALOG_RESENT_ORDERS, 1, CatalogEvents::new(store.clone()))
        .with_consumer(stream::INVENTORY_EVENTS, 1, StockEvents::new(store.clone()))
        .with_consumer(stream::SHIPPING_EVENTS, 1, ShippingEvents::new(store.clone()))
        .with_consumer(kit::identity::privacy::COMMANDS, 1, PrivacyHandler::new(runtime.db.clone(), store.clone()))
        .with_consumer(stream::ORDER_REPLIES, REPLIES_IN_HAND, Replies::new(store.clone()))
        .with_afterthought(move || {
            let asking = asking.clone();
            async move { asking.ask_for_products_when_there_are_none().await }
        })
        .with_retention(settings.retention())
        .with_worker("overdue checkouts", Overdue::new(store), Overdue::watch))
}
