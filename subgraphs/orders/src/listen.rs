//! What orders hears on the streams.

mod catalog;
mod replies;
mod shipping;

pub use catalog::CatalogEvents;
pub use replies::Replies;
pub use shipping::ShippingEvents;
