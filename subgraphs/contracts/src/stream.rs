//! The streams, by who listens to what is on them.

/// What the inventory is asked to do.
pub const INVENTORY_COMMANDS: &str = "inventory.commands";
/// What payments is asked to do.
pub const PAYMENTS_COMMANDS: &str = "payments.commands";
/// What shipping is asked to do.
pub const SHIPPING_COMMANDS: &str = "shipping.commands";
/// What users is asked to do.
pub const USERS_COMMANDS: &str = "users.commands";
/// What the catalog is asked to do.
pub const CATALOG_COMMANDS: &str = "catalog.commands";
/// How the steps of an order's sagas went.
pub const ORDER_REPLIES: &str = "orders.replies";
/// What has become of orders.
pub const ORDER_EVENTS: &str = "orders.events";
/// What is for sale.
pub const CATALOG_EVENTS: &str = "catalog.events";
/// How many units of a variant are free.
pub const INVENTORY_EVENTS: &str = "inventory.events";
/// Where parcels are, and what delivery costs.
pub const SHIPPING_EVENTS: &str = "shipping.events";

/// Where the catalogue goes that orders has asked for.
pub const CATALOG_RESENT_ORDERS: &str = "catalog.resent.orders";
/// Where the catalogue goes that reviews has asked for.
pub const CATALOG_RESENT_REVIEWS: &str = "catalog.resent.reviews";
/// Where the catalogue goes that replicas of search have asked for.
pub const CATALOG_RESENT_SEARCH: &str = "catalog.resent.search";

/// Where the catalogue goes that `role` has asked for.
pub fn catalog_resent(role: &str) -> String {
    format!("catalog.resent.{role}")
}
