//! The carrier's own rules.

use shipping::carrier::{Booking, Carrier, CarrierError, IdempotencyKey, Sandbox, Step};
use vocab::{Address, OrderId};

use super::depot::Depot;

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
    let sandbox = Sandbox::new(depot.db.clone(), depot.clock.clone());
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
    let sandbox = Sandbox::new(depot.db.clone(), depot.clock.clone());
    let key = IdempotencyKey::of(&OrderId::of_key("1"), Step::Cancel);
    let refused = sandbox.cancel(&key, "MSB0").await.expect_err("no such parcel");
    assert!(matches!(refused, CarrierError::UnknownParcel(ref number) if number == "MSB0"), "{refused}");
}
