//! What is kept, and for how long.

use chrono::TimeDelta;
use kit::db::retention::forget_old;
use kit::testing::{rows, sweeps_by_index};
use orders::Settings;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::shop::{SETTINGS, SOLD, Shop, ada, submit, text};

const ADD: &str = r#"mutation { cartLinesAdd(input: {lines: [{variantId: "var_a", quantity: 2}], idempotencyKey: "old"})
    { cart { id } userErrors { code } } }"#;

async fn requests(shop: &Shop) -> usize {
    rows(&shop.db).await.iter().filter(|row| row.starts_with("idempotent_request: ")).count()
}

#[tokio::test]
async fn an_idempotency_key_is_remembered_for_thirty_days_and_then_forgotten() {
    let shop = Shop::open().await;
    let short = Settings { cart_days: 1, ..SETTINGS };
    shop.ask_bare(&ada(), ADD).await;
    shop.clock.advance(TimeDelta::days(30) - TimeDelta::seconds(1));
    forget_old(&shop.db, &shop.clock, &short.retention()).await.expect("the database answers");
    assert_eq!(requests(&shop).await, 1);
    shop.clock.advance(TimeDelta::seconds(1));
    forget_old(&shop.db, &shop.clock, &short.retention()).await.expect("the database answers");
    assert_eq!(requests(&shop).await, 0);
}

#[tokio::test]
async fn an_idempotency_key_is_remembered_as_long_as_a_cart_lasts() {
    let shop = Shop::open().await;
    let cart = text(&shop.ask_bare(&ada(), ADD).await, "/data/cartLinesAdd/cart/id");
    shop.clock.advance(TimeDelta::days(59));
    shop.sweep().await;
    assert_eq!(text(&shop.ask_bare(&ada(), ADD).await, "/data/cartLinesAdd/cart/id"), cart);
    shop.clock.advance(TimeDelta::days(2));
    shop.sweep().await;
    assert_ne!(text(&shop.ask_bare(&ada(), ADD).await, "/data/cartLinesAdd/cart/id"), cart);
}

/// What a checkout is told whose key was forgotten.
async fn bought_again(fate: &[&str]) -> Value {
    let shop = Shop::open().await;
    let cart = shop.cart_with(&ada(), &[("a", 2)]).await;
    let buy = submit(&cart, 1, 2_500, "bought", "checkout { id } userErrors { code }");
    let bought = text(&shop.ask_bare(&ada(), &buy).await, "/data/checkoutSubmit/checkout/id");
    let order = shop.order_of(&bought).await;
    for kind in fate {
        shop.hear(&order, kind).await;
    }
    shop.clock.advance(TimeDelta::days(59));
    shop.sweep().await;
    assert_eq!(text(&shop.ask_bare(&ada(), &buy).await, "/data/checkoutSubmit/checkout/id"), bought);
    shop.clock.advance(TimeDelta::days(2));
    shop.sweep().await;
    assert_eq!(requests(&shop).await, 0);
    shop.ask_bare(&ada(), &buy).await["data"]["checkoutSubmit"].clone()
}

#[tokio::test]
async fn a_checkout_whose_key_is_forgotten_buys_nothing_again() {
    for fate in [&SOLD[..], &["stock.refused.v1"], &[]] {
        let again = bought_again(fate).await;
        assert_eq!(again["checkout"], Value::Null, "{fate:?}");
        assert_ne!(again["userErrors"], json!([]), "{fate:?}");
    }
}

#[tokio::test]
async fn hundreds_of_old_requests_go_in_one_sweep_and_none_that_is_younger() {
    let shop = Shop::open().await;
    let add = |key: usize| ADD.replace("\"old\"", &format!("\"key {key}\""));
    shop.ask_bare(&ada(), &add(0)).await;
    let owner = "SELECT owner FROM idempotent_request";
    let many: Vec<String> = (1..1_203)
        .map(|key| format!("(({owner} WHERE key = 'key 0'), 'old {key}', 'h', 'cart_x', (SELECT created_at FROM idempotent_request WHERE key = 'key 0'))"))
        .collect();
    shop.sql(&format!(
        "INSERT INTO idempotent_request (owner, key, input_hash, answer, created_at) VALUES {}",
        many.join(", ")
    ))
    .await;
    assert_eq!(requests(&shop).await, 1_203);
    shop.clock.advance(TimeDelta::days(61));
    shop.ask_bare(&ada(), &add(1)).await;
    shop.sweep().await;
    assert_eq!(requests(&shop).await, 1);
}

#[tokio::test]
async fn every_sweep_goes_by_an_index() {
    let shop = Shop::open().await;
    let indexes = sweeps_by_index(&shop.db, &SETTINGS.retention()).await;
    assert_eq!(indexes, ["cart_over", "idempotent_request_age", "order_link_expiry"]);
}

#[tokio::test]
async fn the_log_of_an_order_is_append_only() {
    let shop = Shop::open().await;
    shop.confirmed_order_of(&ada()).await;
    for change in ["UPDATE order_event SET kind = 'x'", "DELETE FROM order_event"] {
        let txn = shop.db.begin().await.expect("a transaction");
        let refused = txn.execute_unprepared(change).await.expect_err("append-only").to_string();
        assert!(refused.contains("order_event is append-only"), "{refused}");
    }
}
