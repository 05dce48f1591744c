#![doc = include_str!("../README.md")]

mod audit;
mod checkpoint;
pub mod gateway;
mod graph;
mod ledger;
mod listen;
mod message;
mod order_balance;
mod order_list;
mod payment;
mod processor;
mod sale;
mod settings;
mod settling;
mod store;
mod token;

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use kit::identity::privacy::PrivacyHandler;
use kit::{Runtime, Service};

pub use audit::Audit;
pub use graph::{Query, Schema, attach_loaders, schema};
pub use listen::OrderEvents;
pub use processor::PaymentProcessor;
pub use settings::{GatewayName, Settings};
pub use store::Store;

use gateway::{Gateway, Sandbox};

/// How many orders are paid at once. Commands of one order that reach two replicas may overtake each other: the state
/// machine minds the order.
const CONCURRENCY: usize = 16;

/// How long a command may take. It asks the gateway twice at most, which has [`kit::messaging::external_command::Driver::ANSWERS_WITHIN`] for each
/// answer.
const COMMAND_WITHIN: Duration = Duration::from_secs(30);

/// The service, ready to run on a migrated database.
pub async fn service(runtime: Runtime, settings: Settings) -> anyhow::Result<Service> {
    let store = Store::new(runtime.db.clone(), runtime.clock.clone());
    let kept = match settings.gateway {
        GatewayName::Sandbox => [Sandbox::retention()],
    };
    let gateway: Arc<dyn Gateway> = match settings.gateway {
        GatewayName::Sandbox => Arc::new(Sandbox::new(runtime.db.clone(), runtime.clock.clone())),
    };
    let till = PaymentProcessor::new(store.clone(), Arc::clone(&gateway));
    let orders = OrderEvents(store.clone());
    let settling = TimeDelta::seconds(i64::from(settings.settling_seconds));
    let answers = PrivacyHandler::new(runtime.db.clone(), store.clone());
    let audit = Audit::new(store, gateway, settling);
    let adding_up = audit.clone();
    let service = Service::new(&runtime, schema(), move |request, viewer| attach_loaders(&audit, request, viewer));
    let service = service.with_consumer(kit::identity::privacy::COMMANDS, 1, answers);
    let service = service.with_consumer_within(message::COMMANDS, CONCURRENCY, COMMAND_WITHIN, till);
    let service = service.with_retention(kept).with_worker("housekeeping", adding_up, checkpoint::tidy);
    Ok(service.with_consumer(listen::ORDER_EVENTS, CONCURRENCY, orders))
}
