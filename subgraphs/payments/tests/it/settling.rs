//! Refunds that the gateway does not make.

use kit::Viewer;
use kit::messaging::MessageHandler;
use kit::testing::sent;
use payments::gateway::{Gateway, IdempotencyKey, Step};
use serde_json::{Value, json};
use vocab::{CurrencyCode, Money, OrderId};

use super::shop::{Fault, Shop, authorize, cancelled, capture, confirmed, void};

fn staff() -> Viewer {
    Viewer::staff("user_staff", &["orders"])
}

async fn settle(shop: &Shop, viewer: &Viewer, order: &str) -> Value {
    let document = format!(
        r#"mutation {{ paymentSettle(input: {{orderId: "{order}", reference: "transfer 17"}}) {{
            order {{ paymentState }} userErrors {{ __typename code message path }} }} }}"#
    );
    shop.ask(viewer, &document).await
}

/// An order whose refund the gateway does not make.
async fn stuck() -> Shop {
    let shop = Shop::open().await;
    shop.follow(&authorize("ord_1", "pm_card_visa")).await;
    shop.follow(&capture("ord_1")).await;
    shop.hear(&confirmed("ord_1")).await;
    shop.gateway.fail_once(Step::Refund, Fault::Unreached);
    shop.till.handle(&void("ord_1")).await.expect_err("no refund");
    shop
}

async fn books(shop: &Shop) -> Value {
    shop.hear(&cancelled("ord_1")).await;
    shop.settle();
    let document = r#"{ _entities(representations: [{__typename: "Conservation", id: "now"}]) { ... on Conservation {
        money { totals { captured { minor } refunded { minor } settled { minor } owed { minor } } violations { message } } } } }"#;
    let mut answer = shop.ask(&Viewer::staff("user_audit", &["reports"]), document).await;
    answer["data"]["_entities"][0]["money"].take()
}

fn totals(captured: &str, refunded: &str, settled: &str) -> Value {
    let minor = |minor: &str| json!({ "minor": minor });
    json!([{ "captured": minor(captured), "refunded": minor(refunded), "settled": minor(settled), "owed": minor("0") }])
}

#[tokio::test]
async fn staff_settle_a_refund_that_the_gateway_does_not_make_and_the_order_goes_on() {
    let shop = stuck().await;
    let before = sent(&shop.db).await.len();
    for _ in 0..2 {
        let settled = settle(&shop, &staff(), "ord_1").await;
        let expected = json!({ "order": { "paymentState": "REFUNDED" }, "userErrors": [] });
        assert_eq!(settled["data"]["paymentSettle"], expected, "{settled}");
    }
    let told = sent(&shop.db).await.split_off(before);
    let kinds: Vec<&str> = told.iter().map(|(_, message)| message.kind.as_str()).collect();
    assert_eq!(kinds, ["payment.voided.v1", "audit.recorded.v1"], "whoever waits is answered, and once");
    assert_eq!(told[1].1.body["detail"], json!({ "reference": "transfer 17" }));
    assert_eq!(shop.kind(&void("ord_1")).await, "payment.voided.v1");
    assert_eq!(shop.charges().await, ["ord_1 CAPTURED 4995 0"], "the gateway keeps what it has");
    let books = books(&shop).await;
    assert_eq!(books, json!({ "totals": totals("4995", "0", "4995"), "violations": [] }));
}

#[tokio::test]
async fn what_the_gateway_has_refunded_is_not_settled() {
    for (refunded, settled) in [(2_000, 2_995), (4_995, 0)] {
        let shop = stuck().await;
        let charge = shop.rows("SELECT charge FROM payment").await.remove(0);
        let key = IdempotencyKey::of(&OrderId::of_key("dashboard"), Step::Refund);
        let usd = Money::new(refunded, CurrencyCode::USD);
        shop.gateway.sandbox.refund(&key, &charge, usd).await.expect("refunded");
        settle(&shop, &staff(), "ord_1").await;
        let books = books(&shop).await;
        let expected = totals("4995", &refunded.to_string(), &settled.to_string());
        assert_eq!(books, json!({ "totals": expected, "violations": [] }));
    }
}

#[tokio::test]
async fn only_a_refund_that_is_under_way_is_settled() {
    let shop = Shop::open().await;
    shop.follow(&authorize("ord_1", "pm_card_visa")).await;
    shop.follow(&capture("ord_1")).await;
    shop.follow(&authorize("ord_2", "pm_card_visa")).await;
    shop.follow(&capture("ord_2")).await;
    shop.follow(&void("ord_2")).await;
    for (order, kind) in
        [("ord_1", "NotRefundable"), ("ord_2", "NotRefundable"), ("ord_3", "NotFound"), ("x", "NotFound")]
    {
        let refused = settle(&shop, &staff(), order).await;
        let refused = &refused["data"]["paymentSettle"]["userErrors"][0];
        assert_eq!((&refused["__typename"], &refused["path"]), (&json!(kind), &json!(["orderId"])), "{order}");
    }
    assert_eq!(shop.rows("SELECT state FROM payment ORDER BY order_id").await, ["CAPTURED", "REFUNDED"]);
}

#[tokio::test]
async fn settling_takes_the_permission_and_a_recent_proof() {
    let shop = stuck().await;
    let mut stale = staff();
    stale.signed.as_mut().expect("signed in").is_recent = false;
    for (viewer, code) in [
        (Viewer::anonymous(), "UNAUTHENTICATED"),
        (Viewer::user("user_ada"), "FORBIDDEN"),
        (Viewer::staff("user_staff", &["reports"]), "FORBIDDEN"),
        (stale, "STEP_UP_REQUIRED"),
    ] {
        let refused = settle(&shop, &viewer, "ord_1").await;
        assert_eq!(refused["errors"][0]["extensions"]["code"], code, "{viewer:?}");
    }
    assert_eq!(shop.rows("SELECT state FROM payment").await, ["REFUNDING"]);
}

#[tokio::test]
async fn a_refund_that_comes_together_with_its_settling_is_on_the_books_once() {
    for _ in 0..5 {
        let shop = stuck().await;
        let (viewer, again) = (staff(), void("ord_1"));
        let (settled, followed) = tokio::join!(settle(&shop, &viewer, "ord_1"), shop.till.handle(&again));
        followed.expect("followed");
        assert!(settled["errors"].is_null(), "{settled}");
        let given_back = shop.rows("SELECT account || ' ' || SUM(minor) FROM money_entry WHERE account IN ('refunded', 'settled') GROUP BY account").await;
        assert_eq!(given_back.len(), 1, "{given_back:?}");
    }
}
