//! Commands that waited together and are followed side by side.

use kit::messaging::{Message, MessageHandler};
use kit::testing::sent;
use shipping::carrier::Step;

use super::depot::{Depot, Fault, cancel, create};

const ORDERS: [&str; 4] = ["ord_1", "ord_2", "ord_3", "ord_4"];

/// All that was sent, by order.
async fn answers(depot: &Depot) -> Vec<String> {
    let sent = sent(&depot.db).await;
    let mut answers: Vec<String> = sent.iter().map(|(_, reply)| format!("{} {}", reply.key, reply.kind)).collect();
    answers.sort();
    answers
}

async fn at_once(depot: &Depot, commands: &[Message]) {
    assert!(depot.dispatch.handle_batch(commands).await.expect("followed"), "all at once");
}

#[tokio::test]
async fn twenty_commands_cost_us_the_statements_of_one() {
    /// The carrier's own for each order: they are not ours to save.
    const CARRIERS: u64 = 2;
    let depot = Depot::open().await;
    let mut costs = Vec::new();
    for orders in [0..1, 1..21] {
        let count = orders.end - orders.start;
        for command in [create, cancel] {
            let commands: Vec<Message> = orders.clone().map(|order| command(&format!("ord_{order}"))).collect();
            let before = depot.db.statements();
            at_once(&depot, &commands).await;
            costs.push(depot.db.statements() - before - count * CARRIERS);
        }
    }
    assert_eq!(costs, [5, 5, 5, 5]);
    assert_eq!(answers(&depot).await.len(), 42);
    assert_eq!(depot.rows("SELECT state FROM tracking_event").await.len(), 42);
}

#[tokio::test]
async fn commands_at_every_stage_are_each_answered() {
    let depot = Depot::open().await;
    depot.follow(&create("ord_booked")).await;
    depot.follow(&create("ord_cancel")).await;
    let before = sent(&depot.db).await.len();
    let mut refused = create("ord_refused");
    refused.body["address"]["postalCode"] = "00000".into();
    let mut heavy = create("ord_heavy");
    heavy.body["lines"][0]["weightGrams"] = 90_000_000.into();
    at_once(
        &depot,
        &[create("ord_new"), create("ord_booked"), refused, heavy, cancel("ord_cancel"), cancel("ord_barred")],
    )
    .await;
    let sent = sent(&depot.db).await.split_off(before);
    let mut answers: Vec<String> = sent.iter().map(|(_, reply)| format!("{} {}", reply.key, reply.kind)).collect();
    answers.sort();
    let expected = [
        "ord_barred shipment.cancelled.v1",
        "ord_booked shipment.created.v1",
        "ord_cancel shipment.cancelled.v1",
        "ord_heavy shipment.refused.v1",
        "ord_new shipment.created.v1",
        "ord_refused shipment.refused.v1",
    ];
    assert_eq!(answers, expected);
    assert_eq!(depot.parcels().await, ["ord_booked BOOKED", "ord_cancel CANCELLED", "ord_new BOOKED"]);
}

#[tokio::test]
async fn a_call_without_an_answer_leaves_its_neighbours_one_parcel_each() {
    for fault in [|| Fault::Unreached, || Fault::AnswerLost] {
        let depot = Depot::open().await;
        let commands = ORDERS.map(create);
        depot.carrier.fail_once(Step::Book, fault());
        depot.dispatch.handle_batch(&commands).await.expect_err("an answer is missing");
        for command in &commands {
            assert_eq!(depot.kind(command).await, "shipment.created.v1");
        }
        assert_eq!(depot.parcels().await, ORDERS.map(|order| format!("{order} BOOKED")));
    }
}

#[tokio::test]
async fn commands_of_one_order_take_their_turns() {
    let depot = Depot::open().await;
    let both = [create("ord_1"), cancel("ord_1")];
    assert!(!depot.dispatch.handle_batch(&both).await.expect("told so"), "one by one");
    assert!(sent(&depot.db).await.is_empty());
}

/// One dispatch stands still at the carrier with four orders, and a second one cancels one of them to its end.
#[tokio::test]
async fn whoever_is_overtaken_by_one_order_follows_all_to_the_end() {
    let depot = Depot::open().await;
    let paused = depot.carrier.pause_once(Step::Book);
    let dispatch = std::sync::Arc::clone(&depot.dispatch);
    let first = tokio::spawn(async move { dispatch.handle_batch(&ORDERS.map(create)).await });
    paused.reached.await.expect("the first is at the carrier");
    depot.dispatch.handle(&cancel("ord_3")).await.expect("followed by the second");
    paused.resume.send(()).expect("the first waits");
    assert!(first.await.expect("it lives").expect("followed"));
    let expected = [
        "ord_1 shipment.created.v1",
        "ord_2 shipment.created.v1",
        "ord_3 shipment.cancelled.v1",
        "ord_3 shipment.created.v1",
        "ord_4 shipment.created.v1",
    ];
    assert_eq!(answers(&depot).await, expected);
    assert_eq!(depot.states().await, ["ord_1 BOOKED", "ord_2 BOOKED", "ord_3 CANCELLED", "ord_4 BOOKED"]);
}
