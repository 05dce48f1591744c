#![doc = include_str!("../README.md")]

pub mod carrier;
mod dispatcher;
mod graph;
mod listen;
mod message;
mod rate;
mod settings;
mod shipment;
mod store;
mod tracking;

use std::sync::Arc;
use std::time::Duration;

use kit::identity::privacy::PrivacyHandler;
use kit::{Runtime, Service};

pub use dispatcher::ShipmentDispatcher;
pub use graph::{Query, Schema, attach_loaders, schema};
pub use listen::OrderEvents;
pub use settings::{CarrierName, Settings};
pub use store::Store;
pub use tracking::TrackingPoller;

use carrier::{Carrier, Sandbox};

/// How many orders are shipped at once. Commands of one order that reach two replicas may overtake each other: the state
/// machine minds the order.
const CONCURRENCY: usize = 16;

/// How long a command may take. It asks the carrier twice at most, which has [`kit::messaging::external_command::Driver::ANSWERS_WITHIN`] for each
/// answer.
const COMMAND_WITHIN: Duration = Duration::from_secs(30);

/// The service, ready to run on a migrated database. Tells everybody the rates before it answers.
pub async fn service(runtime: Runtime, settings: Settings) -> anyhow::Result<Service> {
    let store = Store::new(runtime.db.clone(), runtime.clock.clone());
    store.announce_rates().await.map_err(kit::Failure::into_anyhow)?;
    let kept = match settings.carrier {
        CarrierName::Sandbox => [Sandbox::retention()],
    };
    let carrier: Arc<dyn Carrier> = match settings.carrier {
        CarrierName::Sandbox => Arc::new(Sandbox::new(runtime.db.clone(), runtime.clock.clone(), settings.pace())),
    };
    let dispatch = ShipmentDispatcher::new(store.clone(), Arc::clone(&carrier), settings.track_every());
    let watch = TrackingPoller::new(store.clone(), carrier, settings.track_every());
    let answers = PrivacyHandler::new(runtime.db.clone(), store.clone());
    let heard = OrderEvents(store.clone());
    let service = Service::new(&runtime, schema(), move |request, viewer| attach_loaders(&store, request, viewer));
    let service = service.with_retention(kept);
    let service = service.with_consumer(kit::identity::privacy::COMMANDS, 1, answers);
    let service = service.with_consumer(listen::ORDER_EVENTS, 1, heard);
    let service = service.with_consumer_within(message::COMMANDS, CONCURRENCY, COMMAND_WITHIN, dispatch);
    Ok(service.with_worker("parcels", watch, TrackingPoller::run))
}
