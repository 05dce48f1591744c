//! What orders hears on the streams.

mod catalog;
mod inventory;
mod replies;
mod shipping;

pub use catalog::CatalogEvents;
pub use inventory::StockEvents;
pub use replies::Replies;
pub use shipping::ShippingEvents;
