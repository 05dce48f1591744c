//! Parcels on their way: what the carrier tells of them, who hears it, and what a cancellation still can do.

use std::sync::atomic::Ordering;

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
    depot.look_after(9).await;
    for _ in 0..2 {
        let replies = depot.follow(&cancel("ord_1")).await;
        assert_eq!(
            (&replies[0]["kind"], &replies[0]["body"]["recalled"]),
            (&"shipment.cancelled.v1".into(), &true.into())
        );
    }
    assert_eq!(depot.parcels().await, ["ord_1 CANCELLED"]);
    assert_eq!(states_of(&depot).await, shown("UNFULFILLED", "RETURNING"));
    assert_eq!(depot.look_after(8).await, [""; 0], "it takes as long to come back as it was away");
    assert_eq!(depot.look_after(1).await, ["shipment.returned.v1"]);
    assert_eq!(states_of(&depot).await, shown("UNFULFILLED", "RETURNED"));
    assert_eq!(depot.kind(&cancel("ord_1")).await, "shipment.cancelled.v1");
    assert_eq!(depot.look_after(1_000).await, [""; 0]);
    let events = depot.rows("SELECT state FROM tracking_event ORDER BY seq").await;
    assert_eq!(events, ["BOOKED", "DISPATCHED", "RETURNING", "RETURNED"]);
}

#[tokio::test]
async fn a_parcel_that_left_before_anybody_looked_is_called_back_and_comes_back() {
    let depot = Depot::open().await;
    depot.follow(&create("ord_1")).await;
    depot.clock.advance(chrono::TimeDelta::hours(2));
    let before = sent(&depot.db).await.len();
    kit::messaging::MessageHandler::handle(&*depot.dispatch, &cancel("ord_1")).await.expect("followed");
    let told: Vec<String> = sent(&depot.db).await.split_off(before).into_iter().map(|(_, one)| one.kind).collect();
    assert_eq!(told, ["shipment.dispatched.v1", "shipment.cancelled.v1"]);
    assert_eq!(depot.look_after(1).await, ["shipment.returned.v1"]);
}

#[tokio::test]
async fn a_parcel_that_never_left_is_cancelled_and_has_nothing_to_bring_back() {
    let depot = Depot::open().await;
    depot.follow(&create("ord_1")).await;
    let replies = depot.follow(&cancel("ord_1")).await;
    assert_eq!(replies[0]["body"]["recalled"], false);
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
    kit::messaging::MessageHandler::handle(&*depot.dispatch, &cancel("ord_1")).await.expect("followed");
    let told: Vec<String> = sent(&depot.db).await.split_off(before).into_iter().map(|(_, one)| one.kind).collect();
    assert_eq!(told, ["shipment.dispatched.v1", "shipment.delivered.v1", "shipment.cancel_refused.v1"]);
    assert_eq!(depot.states().await, ["ord_1 DELIVERED"]);
    assert_eq!(depot.look_after(1).await, [""; 0]);
}

#[tokio::test]
async fn replicas_that_look_at_the_same_time_ask_the_carrier_once_for_each_parcel() {
    let depot = Depot::open().await;
    for number in 0..40 {
        depot.follow(&create(&format!("ord_{number}"))).await;
    }
    depot.clock.advance(chrono::TimeDelta::hours(1));
    let replicas: Vec<_> = (0..4).map(|_| depot.watch.clone()).collect();
    let looks = replicas.into_iter().map(|watch| tokio::spawn(async move { watch.poll().await }));
    let mut looked = 0;
    for look in looks.collect::<Vec<_>>() {
        looked += look.await.expect("it lives").expect("it looked");
    }
    assert_eq!((looked, depot.carrier.tracked.load(Ordering::Relaxed)), (40, 40));
    let told = sent(&depot.db).await.into_iter().filter(|(stream, _)| stream == "shipping.events").count();
    assert_eq!(told, 40);
}

/// Each takes its rows in the order of their ids: whoever took them in another would wait for the other for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_look_and_cancellations_of_the_same_parcels_never_wait_for_each_other() {
    for round in 0..5 {
        let depot = Depot::open().await;
        // The last by their ids are due first.
        let orders: Vec<String> = (0..30).rev().map(|number| format!("ord_{number:02}")).collect();
        for order in &orders {
            depot.follow(&create(order)).await;
            depot.clock.advance(chrono::TimeDelta::seconds(1));
        }
        depot.clock.advance(chrono::TimeDelta::hours(if round % 2 == 0 { 1 } else { 100 }));
        let (watch, dispatch) = (depot.watch.clone(), std::sync::Arc::clone(&depot.dispatch));
        let cancels: Vec<_> = orders.iter().map(|order| cancel(order)).collect();
        let look = tokio::spawn(async move { watch.poll().await });
        let cancelled =
            tokio::spawn(async move { kit::messaging::MessageHandler::handle_batch(&*dispatch, &cancels).await });
        look.await.expect("it lives").expect("it looked");
        assert!(cancelled.await.expect("it lives").expect("followed"));
    }
}

#[tokio::test]
async fn a_look_that_died_leaves_its_parcels_to_others_when_its_lease_is_over() {
    let depot = Depot::open().await;
    depot.follow(&create("ord_1")).await;
    depot.clock.advance(chrono::TimeDelta::hours(1));
    depot.carrier.die_when_tracked();
    let (watch, dying) = (depot.watch.clone(), depot.watch.clone());
    tokio::spawn(async move { dying.poll().await }).await.expect_err("it died");
    assert_eq!(watch.poll().await.expect("looked"), 0, "they are in its hands");
    depot.clock.advance(chrono::TimeDelta::minutes(5));
    assert_eq!(watch.poll().await.expect("looked"), 1);
    assert_eq!(depot.states().await, ["ord_1 DISPATCHED"]);
}

#[tokio::test]
async fn a_parcel_that_cannot_be_read_or_written_holds_up_no_other() {
    let depot = Depot::open().await;
    for order in ["ord_1", "ord_2", "ord_3"] {
        depot.follow(&create(order)).await;
    }
    depot.tamper("UPDATE shipment SET lines = 'no JSON' WHERE order_id = 'ord_1'").await;
    let dispatched = "INSERT INTO tracking_event (shipment_id, at, state, place, message) \
                      SELECT shipment_id, at, 'DISPATCHED', place, message FROM tracking_event WHERE shipment_id = 'shp_2'";
    depot.tamper(dispatched).await;
    depot.tamper("CREATE UNIQUE INDEX poison ON tracking_event (state) WHERE shipment_id = 'shp_2'").await;
    assert_eq!(depot.look_after(1).await, ["shipment.dispatched.v1"]);
    assert_eq!(depot.states().await, ["ord_1 BOOKED", "ord_2 BOOKED", "ord_3 DISPATCHED"]);
    assert_eq!(depot.watch.poll().await.expect("looked"), 0, "they are set aside");
    depot.tamper("UPDATE shipment SET lines = '[]' WHERE order_id = 'ord_1'").await;
    depot.tamper("DROP INDEX poison").await;
    assert_eq!(depot.look_after(1).await, ["shipment.dispatched.v1"; 2], "and taken up again");
}

#[tokio::test]
async fn two_that_look_at_the_same_time_tell_it_once() {
    let depot = Depot::open().await;
    depot.follow(&create("ord_1")).await;
    depot.clock.advance(chrono::TimeDelta::hours(1));
    let (one, other) = tokio::join!(depot.watch.poll(), depot.watch.poll());
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
    assert_eq!(depot.watch.poll().await.expect("looked"), 0);
    depot.clock.advance(TRACK_EVERY);
    assert_eq!(depot.watch.poll().await.expect("looked"), 1, "asked for again");
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
        looked.push(depot.watch.poll().await.expect("looked"));
    }
    assert_eq!(looked, [100, 20, 0]);
    depot.clock.advance(TRACK_EVERY);
    let before = depot.db.statements();
    assert_eq!(depot.watch.poll().await.expect("looked"), 0, "the carrier has said when they move");
    assert_eq!(depot.db.statements() - before, 1);
}
