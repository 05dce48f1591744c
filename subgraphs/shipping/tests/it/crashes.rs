//! We crash between the carrier's answer and our commit.

use std::sync::Arc;

use kit::message::Consume;
use kit::testing::sent;
use shipping::carrier::Step;

use super::depot::{Depot, Fault, cancel, create};

#[tokio::test]
async fn an_answer_that_was_lost_is_asked_for_again_and_the_parcel_is_booked_once() {
    for (step, parcel) in [(Step::Book, "ord_1 BOOKED"), (Step::Cancel, "ord_1 CANCELLED")] {
        let depot = Depot::open().await;
        depot.carrier.fail_once(step, Fault::AnswerLost);
        let commands = if step == Step::Book { vec![create("ord_1")] } else { vec![create("ord_1"), cancel("ord_1")] };
        for command in &commands {
            if depot.dispatch.consume(command).await.is_err() {
                depot.dispatch.consume(command).await.expect("the second time");
            }
        }
        assert_eq!(depot.parcels().await, [parcel]);
        assert_eq!(sent(&depot.db).await.len(), commands.len(), "one reply to each command");
    }
}

#[tokio::test]
async fn a_process_that_died_after_the_booking_leaves_nothing_that_is_done_twice() {
    for (step, parcel) in [(Step::Book, "ord_1 BOOKED"), (Step::Cancel, "ord_1 CANCELLED")] {
        let depot = Depot::open().await;
        depot.carrier.fail_once(step, Fault::WeDie);
        let commands = if step == Step::Book { vec![create("ord_1")] } else { vec![create("ord_1"), cancel("ord_1")] };
        let mut deaths = 0;
        for command in &commands {
            let (dispatch, dying) = (Arc::clone(&depot.dispatch), command.clone());
            if tokio::spawn(async move { dispatch.consume(&dying).await.is_ok() }).await.is_err() {
                deaths += 1;
                depot.dispatch.consume(command).await.expect("the next life");
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
    depot.dispatch.consume(&create("ord_1")).await.expect_err("the answer is lost");
    assert_eq!(depot.kind(&cancel("ord_1")).await, "shipment.cancelled.v1");
    assert_eq!(depot.parcels().await, ["ord_1 CANCELLED"]);
}
