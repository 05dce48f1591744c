//! We crash between the carrier's answer and our commit.

use std::sync::Arc;

use kit::messaging::{Message, MessageHandler};
use kit::testing::sent;
use shipping::carrier::Step;

use super::depot::{Depot, Fault, cancel, create};

pub fn commands_up_to(step: Step) -> Vec<Message> {
    match step {
        Step::Book => vec![create("ord_1")],
        Step::Cancel => vec![create("ord_1"), cancel("ord_1")],
    }
}

#[tokio::test]
async fn a_call_without_an_answer_is_made_again_and_the_parcel_is_booked_once() {
    for fault in [|| Fault::Unreached, || Fault::AnswerLost] {
        for (step, parcel) in [(Step::Book, "ord_1 BOOKED"), (Step::Cancel, "ord_1 CANCELLED")] {
            let depot = Depot::open().await;
            depot.carrier.fail_once(step, fault());
            let mut failures = 0;
            let commands = commands_up_to(step);
            for command in &commands {
                if depot.dispatch.handle(command).await.is_err() {
                    failures += 1;
                    depot.dispatch.handle(command).await.expect("the second time");
                }
            }
            assert_eq!(failures, 1, "{step:?} was reached");
            assert_eq!(depot.parcels().await, [parcel]);
            assert_eq!(sent(&depot.db).await.len(), commands.len(), "one reply to each command");
        }
    }
}

#[tokio::test]
async fn a_process_that_died_after_the_booking_leaves_nothing_that_is_done_twice() {
    for (step, parcel) in [(Step::Book, "ord_1 BOOKED"), (Step::Cancel, "ord_1 CANCELLED")] {
        let depot = Depot::open().await;
        depot.carrier.fail_once(step, Fault::WeDie);
        let commands = commands_up_to(step);
        let mut deaths = 0;
        for command in &commands {
            let (dispatch, dying) = (Arc::clone(&depot.dispatch), command.clone());
            if tokio::spawn(async move { dispatch.handle(&dying).await.is_ok() }).await.is_err() {
                deaths += 1;
                depot.dispatch.handle(command).await.expect("the next life");
            }
        }
        assert_eq!(deaths, 1, "{step:?} was reached");
        assert_eq!(depot.parcels().await, [parcel]);
    }
}

#[tokio::test]
async fn a_cancellation_finds_the_parcel_that_a_crash_hid() {
    let depot = Depot::open().await;
    depot.carrier.fail_once(Step::Book, Fault::AnswerLost);
    depot.dispatch.handle(&create("ord_1")).await.expect_err("the answer is lost");
    assert_eq!(depot.kind(&cancel("ord_1")).await, "shipment.cancelled.v1");
    assert_eq!(depot.parcels().await, ["ord_1 CANCELLED"]);
}

/// A dispatch stands still after the carrier's answer, as a process does that was stopped. Meanwhile a second one
/// follows `meanwhile` to its end; then the first goes on. Gives all replies.
async fn overtake(depot: &Depot, step: Step, stopped: Message, meanwhile: Message) -> Vec<String> {
    let paused = depot.carrier.pause_once(step);
    let dispatch = Arc::clone(&depot.dispatch);
    let first = tokio::spawn(async move { dispatch.handle(&stopped).await });
    paused.reached.await.expect("the first is at the carrier");
    depot.dispatch.handle(&meanwhile).await.expect("followed by the second");
    paused.resume.send(()).expect("the first waits");
    first.await.expect("it lives").expect("it follows its command to the end");
    sent(&depot.db).await.into_iter().map(|(_, reply)| reply.kind).collect()
}

#[tokio::test]
async fn a_cancellation_while_the_booking_is_on_its_way_cancels_the_parcel() {
    let depot = Depot::open().await;
    let replies = overtake(&depot, Step::Book, create("ord_1"), cancel("ord_1")).await;
    assert_eq!(replies, ["shipment.cancelled.v1", "shipment.created.v1"]);
    assert_eq!(depot.parcels().await, ["ord_1 CANCELLED"]);
}

#[tokio::test]
async fn a_dispatch_that_wakes_late_writes_nothing_twice() {
    for (step, parcel, events) in [(Step::Book, "ord_1 BOOKED", 1), (Step::Cancel, "ord_1 CANCELLED", 2)] {
        let depot = Depot::open().await;
        let mut commands = commands_up_to(step);
        let last = commands.pop().expect("a command");
        for command in &commands {
            depot.follow(command).await;
        }
        let replies = overtake(&depot, step, last.clone(), last).await;
        assert_eq!(replies.len(), commands.len() + 2, "each of the two replies: {replies:?}");
        assert_eq!(depot.parcels().await, [parcel]);
        assert_eq!(depot.rows("SELECT state FROM tracking_event").await.len(), events);
    }
}

#[tokio::test]
async fn a_parcel_that_is_called_back_meanwhile_is_not_dispatched() {
    let depot = Depot::open().await;
    depot.follow(&create("ord_1")).await;
    let paused = depot.carrier.pause_once(Step::Cancel);
    let dispatch = Arc::clone(&depot.dispatch);
    let cancelling = tokio::spawn(async move { dispatch.handle(&cancel("ord_1")).await });
    paused.reached.await.expect("the cancellation is at the carrier");
    assert_eq!(depot.look_after(1).await, [""; 0], "nobody looks at what is being called back");
    paused.resume.send(()).expect("the cancellation waits");
    cancelling.await.expect("it lives").expect("it is followed to its end");
    assert_eq!(depot.states().await, ["ord_1 CANCELLED"]);
}
