//! What is kept, and for how long.

use chrono::TimeDelta;
use kit::db::retention::forget_old;
use kit::testing::{rows, sweeps_by_index};
use sea_orm::ConnectionTrait;
use shipping::carrier::Sandbox;

use super::depot::{Depot, create};

async fn kept(depot: &Depot, table: &str) -> usize {
    let row_of = format!("{table}: ");
    rows(&depot.db).await.iter().filter(|row| row.starts_with(&row_of)).count()
}

#[tokio::test]
async fn the_sandbox_keeps_a_key_for_a_day_and_its_parcel_for_ever() {
    let depot = Depot::open().await;
    depot.follow(&create("ord_1")).await;
    for (after, keys) in [(TimeDelta::hours(23), 1), (TimeDelta::hours(1), 0)] {
        depot.clock.advance(after);
        forget_old(&depot.db, &depot.clock, &[Sandbox::retention()]).await.expect("the database answers");
        assert_eq!(kept(&depot, "sandbox_call").await, keys);
    }
    assert_eq!((kept(&depot, "sandbox_booking").await, kept(&depot, "shipment").await), (1, 1));
}

#[tokio::test]
async fn the_sweep_goes_by_an_index() {
    let depot = Depot::open().await;
    assert_eq!(sweeps_by_index(&depot.db, &[Sandbox::retention()]).await, ["sandbox_call_age"]);
}

#[tokio::test]
async fn where_a_parcel_has_been_is_append_only() {
    let depot = Depot::open().await;
    depot.follow(&create("ord_1")).await;
    assert!(kept(&depot, "tracking_event").await > 0);
    for change in ["UPDATE tracking_event SET message = 'x'", "DELETE FROM tracking_event"] {
        let txn = depot.db.begin().await.expect("a transaction");
        let refused = txn.execute_unprepared(change).await.expect_err("append-only").to_string();
        assert!(refused.contains("tracking_event is append-only"), "{refused}");
    }
}
