//! Lists of orders in statements that are written by hand.

use sea_orm::Value;
use vocab::OrderId;

/// The places of a list, of which the first is `$first`, and its values. It is made as long as the next power of two, with
/// its last value once more, so that there are few statements.
pub(crate) fn listed(first: usize, orders: &[OrderId]) -> (String, Vec<Value>) {
    let mut values: Vec<Value> = orders.iter().map(|order| order.as_str().into()).collect();
    if let Some(last) = values.last().cloned() {
        values.resize(values.len().next_power_of_two(), last);
    }
    let places: Vec<String> = (first..first + values.len()).map(|place| format!("${place}")).collect();
    (places.join(", "), values)
}
