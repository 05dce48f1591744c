//! Keys that the carrier has forgotten.

use std::sync::atomic::Ordering;

use chrono::TimeDelta;
use kit::messaging::MessageHandler;
use shipping::carrier::Step;

use super::crashes::commands_up_to;
use super::depot::{Depot, Fault, cancel, create};

const LONGER_THAN_KEYS_LAST: TimeDelta = TimeDelta::hours(25);

#[tokio::test]
async fn a_call_whose_answer_was_lost_is_done_once_though_its_key_is_forgotten() {
    for (lost, fault) in [(true, (|| Fault::AnswerLost) as fn() -> Fault), (false, || Fault::Unreached)] {
        for (step, parcel) in [(Step::Book, "ord_1 BOOKED"), (Step::Cancel, "ord_1 CANCELLED")] {
            let depot = Depot::open().await;
            depot.carrier.fail_once(step, fault());
            let mut failures = 0;
            for command in &commands_up_to(step) {
                if depot.dispatch.handle(command).await.is_err() {
                    failures += 1;
                    depot.clock.advance(LONGER_THAN_KEYS_LAST);
                    depot.dispatch.handle(command).await.expect("a day later");
                }
            }
            assert_eq!(failures, 1, "{step:?} was reached");
            assert_eq!(depot.parcels().await, [parcel], "{step:?}, lost: {lost}");
            assert_eq!(depot.carrier.looked_up.load(Ordering::Relaxed), 1, "only what is in doubt is looked up");
        }
    }
}

#[tokio::test]
async fn a_parcel_that_was_called_back_unheard_comes_back_though_the_key_is_forgotten() {
    let depot = Depot::open().await;
    depot.follow(&create("ord_1")).await;
    depot.look_after(1).await;
    depot.carrier.fail_once(Step::Cancel, Fault::AnswerLost);
    depot.dispatch.handle(&cancel("ord_1")).await.expect_err("the answer is lost");
    depot.clock.advance(LONGER_THAN_KEYS_LAST);
    let replies = depot.follow(&cancel("ord_1")).await;
    assert_eq!(replies[0]["body"]["recalled"], true, "{replies:?}");
    assert_eq!(depot.look_after(1).await, ["shipment.returned.v1"]);
}

#[tokio::test]
async fn a_cancellation_finds_the_parcel_whose_key_is_forgotten() {
    let depot = Depot::open().await;
    depot.carrier.fail_once(Step::Book, Fault::AnswerLost);
    depot.dispatch.handle(&create("ord_1")).await.expect_err("the answer is lost");
    depot.clock.advance(LONGER_THAN_KEYS_LAST);
    depot.dispatch.handle(&cancel("ord_1")).await.expect("a day later");
    assert_eq!(
        (depot.parcels().await, depot.states().await),
        (vec!["ord_1 CANCELLED".into()], vec!["ord_1 RETURNING".into()])
    );
}

#[tokio::test]
async fn the_carrier_takes_a_key_that_it_has_forgotten_for_a_new_one() {
    let depot = Depot::open().await;
    depot.follow(&create("ord_1")).await;
    depot.tamper("UPDATE shipment SET order_id = 'ord_2', id = 'shp_2'").await;
    depot.clock.advance(LONGER_THAN_KEYS_LAST);
    depot.follow(&create("ord_1")).await;
    assert_eq!(depot.parcels().await, ["ord_1 BOOKED"; 2]);
}

#[tokio::test]
async fn a_parcel_that_the_carrier_has_lost_is_in_the_way_of_no_cancellation() {
    for (hours, state) in [(0, "ord_1 CANCELLED"), (1, "ord_1 RETURNING")] {
        let depot = Depot::open().await;
        depot.follow(&create("ord_1")).await;
        depot.look_after(hours).await;
        depot.tamper("DELETE FROM sandbox_booking").await;
        let replies = depot.follow(&cancel("ord_1")).await;
        assert_eq!(
            (&replies[0]["kind"], &replies[0]["body"]["recalled"]),
            (&"shipment.cancelled.v1".into(), &(hours > 0).into())
        );
        assert_eq!(depot.states().await, [state], "what had left is not here");
    }
}
