//! Somebody is given what payments holds on them, and forgotten.

use std::sync::Arc;

use kit::identity::privacy::ERASED;
use kit::messaging::MessageHandler;
use kit::testing::{erased_from, handed_over};
use payments::Store;
use payments::gateway::Step;
use serde_json::json;

use crate::shop::{Shop, authorize, capture, confirmed, void};

async fn paid(shop: &Shop, order: &str) {
    for command in [authorize(order, "pm_card_visa"), capture(order)] {
        shop.kind(&command).await;
    }
    shop.hear(&confirmed(order)).await;
}

#[tokio::test]
async fn the_ledger_stays_as_it_is_and_the_card_is_forgotten() {
    let shop = Shop::open().await;
    paid(&shop, "ord_1").await;
    shop.kind(&authorize("ord_2", "pm_card_chargeDeclined")).await;
    let store = Store::new(shop.db.clone(), shop.clock.clone());
    let part = handed_over(&shop.db, store.clone(), "user_ada").await;
    let expected = json!({"brand": "visa", "last4": "4242", "amountMinor": 4995, "state": "CAPTURED"});
    let told = &part["payments"][0];
    for (name, value) in expected.as_object().expect("an object") {
        assert_eq!(&told[name], value, "{told:#}");
    }
    assert_eq!(handed_over(&shop.db, store.clone(), "user_eve").await, json!({"payments": []}));

    let ledger = "SELECT order_id || ' ' || account || ' ' || minor FROM money_entry ORDER BY order_id, account, minor";
    let (books, balances, charges) = (shop.rows(ledger).await, shop.balances().await, shop.charges().await);
    let answer = erased_from(&shop.db, store.clone(), "user_ada", false).await;
    assert_eq!((answer.kind.as_str(), &answer.body["counts"]["payments"]), (ERASED, &json!(2)));
    assert_eq!((shop.rows(ledger).await, shop.balances().await, shop.charges().await), (books, balances, charges));
    let kept = "SELECT COALESCE(token, '-') || ' ' || COALESCE(brand, '-') || ' ' || COALESCE(last4, '-') FROM payment \
                ORDER BY order_id";
    assert_eq!(shop.rows(kept).await, ["- erased erased", "- - -"]);
    let again = erased_from(&shop.db, store, "user_ada", false).await;
    assert_eq!((again.id, &again.body["counts"]["payments"]), (answer.id, &json!(0)), "twice is once");

    shop.settle();
    assert_eq!(shop.kind(&capture("ord_1")).await, "payment.captured.v1", "the payment still reads as one");
}

#[tokio::test]
async fn whoever_is_forgotten_while_a_refund_is_on_its_way_stays_forgotten() {
    let shop = Shop::open().await;
    paid(&shop, "ord_1").await;
    let paused = shop.gateway.pause_once(Step::Refund);
    let till = Arc::clone(&shop.till);
    let refunding = tokio::spawn(async move { till.handle(&void("ord_1")).await });
    paused.reached.await.expect("the till is at the gateway");
    let store = Store::new(shop.db.clone(), shop.clock.clone());
    erased_from(&shop.db, store, "user_ada", false).await;
    paused.resume.send(()).expect("the till waits");
    refunding.await.expect("it lives").expect("it follows its command to the end");
    let kept = "SELECT state || ' ' || COALESCE(token, '-') || ' ' || brand || ' ' || last4 FROM payment";
    assert_eq!(shop.rows(kept).await, ["REFUNDED - erased erased"]);
    assert_eq!(shop.charges().await, ["ord_1 REFUNDED 4995 4995"]);
}
