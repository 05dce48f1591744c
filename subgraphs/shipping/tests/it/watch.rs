//! Parcels on their way: what the carrier tells of them, who hears it, and what a cancellation still can do.

use kit::Viewer;
use kit::testing::sent;

use super::depot::{Depot, TRACK_EVERY, cancel, create};

async fn states_of(depot: &Depot) -> (String, String) {
    let document = r#"{ _entities(representations: [{ __typename: "Order", id: "ord_1" }]) {
        ... on Order { fulfillmentState shipments { state } } } }"#;
    let answer = depot.ask(&Viewer::user("user_ada"), document).await;
    let order = &answer["data"]["_entities"][0];
    let text = |value: &serde_json::Value| value.as_str().expect("a state").to_owned();
    (text(&order["fulfillmentState"]), text(&order["shipments"][0]["state"]))
}

fn shown(fulfillment: &str, shipment: &str) -> (String, String) {
    (fulfillment.to_owned(), shipment.to_owned())
}

#[tokio::test]
async fn a_parcel_is_dispatched_then_delivered_and_everybody_is_told_each_once() {
    let depot = Depot::open().await;
    depot.follow(&create("ord_1")).await;
    assert_eq!(states_of(&depot).await, shown("IN_PROGRESS", "LABEL_CREATED"));
    assert_eq!(depot.look_after(0).await, [""; 0]);
    assert_eq!(depot.look_after(1).await, ["shipment.dispatched.v1"]);
    assert_eq!(states_of(&depot).await, shown("DISPATCHED", "DISPATCHED"));
    assert_eq!(depot.look_after(46).await, [""; 0]);
    assert_eq!(depot.look_after(1).await, ["shipment.delivered.v1"]);
    assert_eq!(states_of(&depot).await, shown("DELIVERED", "DELIVERED"));
    assert_eq!(depot.look_after(1_000).await, [""; 0]);
    let events = depot.rows("SELECT state FROM tracking_event ORDER BY seq").await;
    assert_eq!(events, ["BOOKED", "DISPATCHED", "DELIVERED"]);
}

#[tokio::test]
async fn a_look_that_comes_late_tells_everything_that_was_missed() {
    let depot = Depot::open().await;
    depot.follow(&create("ord_1")).await;
    assert_eq!(depot.look_after(100).await, ["shipment.dispatched.v1", "shipment.delivered.v1"]);
}

#[tokio::test]
async fn a_parcel_on_its_way_is_called_back() {
    let depot = Depot::open().await;
    depot.follow(&create("ord_1")).await;
    depot.look_after(1).await;
    assert_eq!(depot.kind(&cancel("ord_1")).await, "shipment.cancelled.v1");
    assert_eq!(depot.parcels().await, ["ord_1 CANCELLED"]);
    assert_eq!(states_of(&depot).await, shown("UNFULFILLED", "CANCELLED"));
    assert_eq!(depot.look_after(1_000).await, [""; 0]);
}

#[tokio::test]
async fn a_delivered_parcel_is_not_called_back_however_often_it_is_asked_for() {
    let depot = Depot::open().await;
    depot.follow(&create("ord_1")).await;
    depot.look_after(100).await;
    for _ in 0..2 {
        assert_eq!(depot.kind(&cancel("ord_1")).await, "shipment.cancel_refused.v1");
    }
    assert_eq!(depot.states().await, ["ord_1 DELIVERED"]);
}

#[tokio::test]
async fn a_cancellation_finds_that_the_parcel_was_delivered_before_anybody_looked() {
    let depot = Depot::open().await;
    depot.follow(&create("ord_1")).await;
    depot.clock.advance(chrono::TimeDelta::hours(100));
    let before = sent(&depot.db).await.len();
    kit::message::Consume::consume(&*depot.dispatch, &cancel("ord_1")).await.expect("followed");
    let told: Vec<String> = sent(&depot.db).await.split_off(before).into_iter().map(|(_, one)| one.kind).collect();
    assert_eq!(told, ["shipment.dispatched.v1", "shipment.delivered.v1", "shipment.cancel_refused.v1"]);
    assert_eq!(depot.states().await, ["ord_1 DELIVERED"]);
    assert_eq!(depot.look_after(1).await, [""; 0]);
}

#[tokio::test]
async fn two_that_look_at_the_same_time_tell_it_once() {
    let depot = Depot::open().await;
    depot.follow(&create("ord_1")).await;
    depot.clock.advance(chrono::TimeDelta::hours(1));
    let (one, other) = tokio::join!(depot.watch.look(), depot.watch.look());
    one.and(other).expect("both looked");
    let told = sent(&depot.db).await.into_iter().filter(|(stream, _)| stream == "shipping.events").count();
    assert_eq!(told, 1);
}

#[tokio::test]
async fn a_parcel_that_the_carrier_says_nothing_of_holds_nobody_up_and_is_asked_for_again() {
    let depot = Depot::open().await;
    depot.follow(&create("ord_1")).await;
    depot.follow(&create("ord_2")).await;
    let lost = depot.rows("SELECT tracking_number FROM shipment WHERE order_id = 'ord_1'").await;
    depot.carrier.lose(&lost[0]);
    assert_eq!(depot.look_after(1).await, ["shipment.dispatched.v1"]);
    assert_eq!(depot.states().await, ["ord_1 BOOKED", "ord_2 DISPATCHED"]);
    assert_eq!(depot.watch.look().await.expect("looked"), 0);
    depot.clock.advance(TRACK_EVERY);
    assert_eq!(depot.watch.look().await.expect("looked"), 1, "asked for again");
}

#[tokio::test]
async fn a_look_takes_a_batch_at_most_and_asks_for_nothing_before_it_is_due() {
    let depot = Depot::open().await;
    for number in 0..120 {
        depot.follow(&create(&format!("ord_{number}"))).await;
    }
    let mut looked = Vec::new();
    depot.clock.advance(TRACK_EVERY);
    for _ in 0..3 {
        looked.push(depot.watch.look().await.expect("looked"));
    }
    assert_eq!(looked, [100, 20, 0]);
    depot.clock.advance(TRACK_EVERY);
    let before = depot.db.statements();
    assert_eq!(depot.watch.look().await.expect("looked"), 0, "the carrier has said when they move");
    assert_eq!(depot.db.statements() - before, 1);
}
