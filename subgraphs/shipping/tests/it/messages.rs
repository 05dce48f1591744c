//! The messages as docs/messages shows them.

use kit::messaging::Message;
use kit::testing::sent;
use serde_json::Value;

use super::depot::{Depot, cancel, create};

const CREATE: &str = include_str!("../../../../docs/messages/shipment.create.v1.json");
const CANCEL: &str = include_str!("../../../../docs/messages/shipment.cancel.v1.json");
const CREATED: &str = include_str!("../../../../docs/messages/shipment.created.v1.json");
const REFUSED: &str = include_str!("../../../../docs/messages/shipment.refused.v1.json");
const CANCELLED: &str = include_str!("../../../../docs/messages/shipment.cancelled.v1.json");
const CANCEL_REFUSED: &str = include_str!("../../../../docs/messages/shipment.cancel_refused.v1.json");
const DISPATCHED: &str = include_str!("../../../../docs/messages/shipment.dispatched.v1.json");
const DELIVERED: &str = include_str!("../../../../docs/messages/shipment.delivered.v1.json");
const RETURNED: &str = include_str!("../../../../docs/messages/shipment.returned.v1.json");
const RATES_CHANGED: &str = include_str!("../../../../docs/messages/shipping.rates_changed.v1.json");

fn example(json: &str) -> Value {
    serde_json::from_str(json).expect("an example is JSON")
}

/// The names of a message's fields, and what kind of value each holds.
fn shape(body: &Value) -> Value {
    match body {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), shape(value))).collect(),
        Value::Array(items) => items.first().map(shape).into_iter().collect(),
        Value::String(_) => "text".into(),
        Value::Number(_) => "number".into(),
        other => other.clone(),
    }
}

#[tokio::test]
async fn the_commands_of_the_examples_are_followed() {
    let depot = Depot::open().await;
    for (kind, body, reply) in
        [("shipment.create.v1", CREATE, "shipment.created.v1"), ("shipment.cancel.v1", CANCEL, "shipment.cancelled.v1")]
    {
        let body = example(body);
        let key = body["orderId"].as_str().expect("an order").to_owned();
        let command = Message::new(kind, key, &body).expect("plain data");
        assert_eq!(depot.kind(&command).await, reply);
    }
}

#[tokio::test]
async fn the_replies_have_the_shape_of_the_examples() {
    let depot = Depot::open().await;
    let mut refused = create("ord_2");
    refused.body["address"]["postalCode"] = "00000".into();
    for (command, reply) in [(create("ord_1"), CREATED), (cancel("ord_1"), CANCELLED), (refused, REFUSED)] {
        let replies = depot.follow(&command).await;
        assert_eq!(shape(&replies[0]["body"]), shape(&example(reply)));
    }
}

#[tokio::test]
async fn a_parcel_on_its_way_is_told_of_as_the_examples_show() {
    let depot = Depot::open().await;
    depot.follow(&create("ord_1")).await;
    depot.look_after(1).await;
    depot.look_after(48).await;
    let told = sent(&depot.db).await.split_off(1);
    assert_eq!(told.len(), 2);
    for ((stream, message), (kind, body)) in
        told.iter().zip([("shipment.dispatched.v1", DISPATCHED), ("shipment.delivered.v1", DELIVERED)])
    {
        assert_eq!((stream.as_str(), message.kind.as_str()), ("shipping.events", kind));
        assert_eq!(shape(&message.body), shape(&example(body)));
    }
    let refused = depot.follow(&cancel("ord_1")).await;
    assert_eq!(refused[0]["kind"], "shipment.cancel_refused.v1");
    assert_eq!(refused[0]["body"]["message"], example(CANCEL_REFUSED)["message"]);
    assert_eq!(shape(&refused[0]["body"]), shape(&example(CANCEL_REFUSED)));
}

#[tokio::test]
async fn a_parcel_that_is_back_is_told_of_as_the_example_shows() {
    let depot = Depot::open().await;
    depot.follow(&create("ord_1")).await;
    depot.look_after(1).await;
    depot.follow(&cancel("ord_1")).await;
    depot.look_after(1).await;
    let (stream, message) = sent(&depot.db).await.pop().expect("it was told");
    assert_eq!((stream.as_str(), message.kind.as_str()), ("shipping.events", "shipment.returned.v1"));
    assert_eq!(shape(&message.body), shape(&example(RETURNED)));
}

#[tokio::test]
async fn the_whole_table_of_rates_is_announced_under_one_id_a_version() {
    let depot = Depot::open().await;
    depot.store.announce_rates().await.expect("announced");
    depot.store.announce_rates().await.expect("announced at the next start");
    let sent = sent(&depot.db).await;
    assert_eq!(sent[0], sent[1]);
    let (stream, message) = &sent[0];
    assert_eq!((stream.as_str(), message.kind.as_str()), ("shipping.events", "shipping.rates_changed.v1"));
    assert_eq!(shape(&message.body), shape(&example(RATES_CHANGED)));
    let rates = message.body["rates"].as_array().expect("rates");
    let countries: std::collections::BTreeSet<&str> =
        rates.iter().filter_map(|rate| rate["country"].as_str()).collect();
    assert!(countries.len() > 12 && countries.contains("US"), "{countries:?}");
    let order = |rate: &Value| {
        (rate["country"].to_string(), rate["method"].to_string(), rate["maxWeightGrams"].as_i64().expect("grams"))
    };
    assert!(rates.is_sorted_by_key(order), "brackets ascend by weight");
}
