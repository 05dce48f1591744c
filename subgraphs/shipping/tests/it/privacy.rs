//! Somebody is given what shipping holds on them, and forgotten.

use kit::identity::privacy::ERASED;
use kit::testing::{erased_from, handed_over, rows};
use serde_json::json;

use crate::depot::{Depot, create};

const ADDRESS: [&str; 2] = ["Ada Lovelace", "Analytical Way"];

#[tokio::test]
async fn what_was_sent_is_told_and_no_address_is_left() {
    let depot = Depot::open().await;
    depot.kind(&create("ord_1")).await;
    depot.look_after(48).await;
    let part = handed_over(&depot.db, depot.store.clone(), "user_ada").await;
    let told = &part["shipments"][0];
    assert_eq!((&told["orderId"], &told["state"]), (&json!("ord_1"), &json!("DELIVERED")));
    assert_eq!(told["history"].as_array().map(Vec::len), Some(3), "{told:#}");
    assert!(told["trackingNumber"].is_string());
    let stray = "UPDATE shipment SET address = '{\"name\":\"Ada Lovelace\",\"line1\":\"1 Analytical Way\"}'";
    sea_orm::ConnectionTrait::execute_unprepared(depot.db.raw(), stray).await.expect("the statement runs");

    let answer = erased_from(&depot.db, depot.store.clone(), "user_ada", false).await;
    assert_eq!((answer.kind.as_str(), &answer.body["counts"]["addresses"]), (ERASED, &json!(1)));
    let left: Vec<String> =
        rows(&depot.db).await.into_iter().filter(|row| ADDRESS.iter().any(|mark| row.contains(mark))).collect();
    assert_eq!(left, Vec::<String>::new(), "nor in the sandbox's books");
    assert_eq!(depot.states().await, ["ord_1 DELIVERED"]);
    let again = erased_from(&depot.db, depot.store.clone(), "user_ada", false).await;
    assert_eq!((again.id, &again.body["counts"]["addresses"]), (answer.id, &json!(0)), "twice is once");
}
