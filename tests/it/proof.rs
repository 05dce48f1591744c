//! The shop proves that it loses nothing, and the proof can fail.

use sea_orm::{ConnectionTrait, Database};
use serde_json::{Value, json};
use system_tests::chaos::Rig;
use system_tests::chaos::buyer::{Journey, go};
use system_tests::shopper::{a_guest_with, a_key, a_new_user, staff};
use system_tests::{Client, MUG, Shop};

const CONSERVATION: &str = "{ conservation(audit: true) { units { holds variants violations { message } } \
    money { ordersChecked totals { captured { currency } } violations { message } } } }";
const CANCEL: &str = "mutation($input: OrderCancelInput!) { orderCancel(input: $input) { \
    cancellation { state } userErrors { code } } }";
const AFTERWARDS: &str = "query($id: ID!) { order(id: $id) { lifecycle paymentState fulfillmentState \
    cancellation { state nextPollMs timeline { name state } } } }";

#[tokio::test]
async fn staff_read_that_no_unit_and_no_money_was_lost_and_nobody_else_may() {
    let shop = Shop::shared().await;
    let shopper = a_guest_with(shop, MUG, 1).await;
    shopper.check_out(&shopper.checkout_input()).await;
    let seen = staff(shop).await.ask(CONSERVATION, json!({})).await;
    let (units, money) = (&seen["conservation"]["units"], &seen["conservation"]["money"]);
    assert_eq!((&units["holds"], &units["violations"]), (&json!(true), &json!([])), "{seen}");
    assert_eq!(money["violations"], json!([]), "{seen}");
    assert!(money["ordersChecked"].as_i64() > Some(0), "{seen}");
    for (stranger, code) in [(shop.visitor(), "UNAUTHENTICATED"), (a_new_user(shop).await, "FORBIDDEN")] {
        let answer = stranger.send(CONSERVATION, json!({})).await;
        assert_eq!(answer.body["errors"][0]["extensions"]["code"], code, "{answer:?}");
    }
}

#[tokio::test]
async fn an_order_that_its_buyer_cancels_is_refunded_called_back_and_put_on_the_shelf_again() {
    let shop = Shop::shared().await;
    let shopper = a_guest_with(shop, MUG, 1).await;
    let checkout = shopper.check_out(&shopper.checkout_input()).await;
    let order = &checkout["order"]["id"];
    let input = json!({"orderId": order, "idempotencyKey": a_key()});
    let wished = shopper.client.ask(CANCEL, json!({"input": input})).await;
    assert_eq!(wished["orderCancel"]["userErrors"], json!([]), "{wished}");
    until_cancelled(&shopper.client, order).await;
    let seen = shopper.client.ask(AFTERWARDS, json!({"id": order})).await["order"].take();
    let steps = json!([
        {"name": "cancel_shipment", "state": "DONE"},
        {"name": "void_payment", "state": "DONE"},
        {"name": "return_stock", "state": "DONE"},
    ]);
    assert_eq!(
        seen,
        json!({"lifecycle": "CANCELLED", "paymentState": "REFUNDED", "fulfillmentState": "UNFULFILLED",
            "cancellation": {"state": "COMPLETED", "nextPollMs": null, "timeline": steps}})
    );
}

async fn until_cancelled(client: &Client, order: &Value) {
    let running = async || {
        let seen = client.ask(AFTERWARDS, json!({"id": order})).await;
        !seen["order"]["cancellation"]["nextPollMs"].is_null()
    };
    let ended = async { while running().await {} };
    tokio::time::timeout(std::time::Duration::from_secs(60), ended).await.expect("a cancellation ends");
}

/// What a thief would do to each book, and what must be said of it.
const THEFTS: [(&str, &str, &str); 4] = [
    ("payments", "UPDATE sandbox_charge SET captured_minor = captured_minor + 1 WHERE captured_minor > 0", "owes"),
    (
        "payments",
        "INSERT INTO money_entry (order_id, event, account, minor, currency, at) \
         SELECT order_id, 'theft', account, -1, currency, at FROM money_entry WHERE account = 'captured'",
        "sums to",
    ),
    ("inventory", "UPDATE stock_level SET on_hand = on_hand - 1 WHERE variant_id = 'var_mug'", "received"),
    ("shipping", "UPDATE sandbox_booking SET state = 'CANCELLED'", "parcels"),
];

#[tokio::test]
async fn the_books_tell_what_was_tampered_with() {
    let rig = Rig::open().await;
    let told = [go(rig.shop.url(), Journey::Buys).await];
    rig.settle(std::time::Duration::from_secs(30)).await.expect("one order settles");
    assert_eq!(rig.books.violations(&told).await, Vec::<String>::new());
    let mut known = 0;
    for (role, theft, said) in THEFTS {
        let (url, schema) = rig.premises.database_of(role);
        let mut options = sea_orm::ConnectOptions::new(url);
        options.set_schema_search_path(schema);
        let thief = Database::connect(options).await.unwrap();
        thief.execute_unprepared(theft).await.unwrap();
        let violations = rig.books.violations(&told).await;
        assert!(
            violations.len() >= known && violations.iter().any(|one| one.contains(said)),
            "{theft}: {violations:?}"
        );
        known = violations.len();
    }
    let mut forged = told;
    forged[0].checkout = "chk_never".to_owned();
    assert!(rig.books.violations(&forged).await.iter().any(|one| one.contains("was acknowledged")));
}
