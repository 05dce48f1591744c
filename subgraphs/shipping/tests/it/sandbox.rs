//! The carrier's own rules.

use shipping::carrier::{
    Booking, Cancellation, Carrier, CarrierError, IdempotencyKey, Outcome, Sandbox, Stage, Step, Tracking,
};
use vocab::{Address, OrderId};

use super::depot::{Depot, PACE};

fn a_booking(weight_grams: i64) -> Booking {
    Booking {
        reference: OrderId::of_key("1"),
        method: "standard".to_owned(),
        address: Address {
            name: "Ada Lovelace".to_owned(),
            line1: "1 Analytical Way".to_owned(),
            line2: None,
            city: "Springfield".to_owned(),
            region: None,
            postal_code: None,
            country: "US".to_owned(),
        },
        weight_grams,
    }
}

#[tokio::test]
async fn one_key_has_one_answer_and_takes_no_other_parameters() {
    let depot = Depot::open().await;
    let sandbox = Sandbox::new(depot.db.clone(), depot.clock.clone(), PACE);
    let key = IdempotencyKey::of(&OrderId::of_key("1"), Step::Book);
    let first = sandbox.book(&key, &a_booking(500)).await.expect("answered");
    assert_eq!(sandbox.book(&key, &a_booking(500)).await.expect("answered"), first);
    let refused = sandbox.book(&key, &a_booking(501)).await.expect_err("another weight");
    assert!(matches!(refused, CarrierError::KeyReused(ref key) if key == "ord_1:book"), "{refused}");
    assert_eq!(depot.parcels().await, ["ord_1 BOOKED"]);
}

#[tokio::test]
async fn only_what_is_booked_is_cancelled() {
    let depot = Depot::open().await;
    let sandbox = Sandbox::new(depot.db.clone(), depot.clock.clone(), PACE);
    let key = IdempotencyKey::of(&OrderId::of_key("1"), Step::Cancel);
    let refused = sandbox.cancel(&key, "MSB0").await.expect_err("no such parcel");
    assert!(matches!(refused, CarrierError::UnknownParcel(ref number) if number == "MSB0"), "{refused}");
}

#[tokio::test]
async fn a_parcel_moves_by_its_own_clock_and_says_when_it_moves_next() {
    let depot = Depot::open().await;
    let sandbox = Sandbox::new(depot.db.clone(), depot.clock.clone(), PACE);
    let key = IdempotencyKey::of(&OrderId::of_key("1"), Step::Book);
    let Outcome::Booked(label) = sandbox.book(&key, &a_booking(500)).await.expect("answered") else {
        panic!("it is booked")
    };
    let booked_at = depot.clock.now();
    let mut seen = Vec::new();
    for _ in 0..3 {
        let tracking = sandbox.track(&label.tracking_number).await.expect("answered");
        seen.push(tracking);
        if let Some(next) = tracking.next_change {
            depot.clock.advance(next - depot.clock.now());
        }
    }
    let at =
        |stage, after: Option<chrono::TimeDelta>| Tracking { stage, next_change: after.map(|after| booked_at + after) };
    assert_eq!(
        seen,
        [at(Stage::Booked, Some(PACE.dispatch)), at(Stage::Dispatched, Some(PACE.deliver)), at(Stage::Delivered, None),]
    );
    let late = IdempotencyKey::of(&OrderId::of_key("1"), Step::Cancel);
    for _ in 0..2 {
        let answer = sandbox.cancel(&late, &label.tracking_number).await.expect("answered");
        assert_eq!(answer, Cancellation::Delivered);
    }
    assert_eq!(depot.parcels().await, ["ord_1 BOOKED"]);
}
