//! Who listens to what. A message is kept by its sender until every group named here has handled it.

use kit::message::Audience;

const STREAMS: [(&str, &[&str]); 9] = [
    ("catalog.commands", &["catalog"]),
    ("catalog.events", &["inventory", "orders", "reviews", "search"]),
    ("inventory.commands", &["inventory"]),
    ("inventory.events", &["orders"]),
    ("orders.events", &["payments", "reviews"]),
    ("orders.replies", &["orders"]),
    ("payments.commands", &["payments"]),
    ("shipping.commands", &["shipping"]),
    ("shipping.events", &["orders"]),
];

pub fn audience() -> Audience {
    Audience::of(STREAMS)
}
