//! `orderRefund`: what staff can do for an order whose parcel nobody stops any more.

use kit::Viewer;
use kit::testing::sent;
use serde_json::{Value, json};

use crate::cancel::{CONFIRMED, TAKEN_BACK, cancel, hear_all, kinds, parcel, progress};
use crate::shop::{Shop, ada};

fn staff() -> Viewer {
    Viewer::staff("user_staff", &["orders"])
}

fn refund(order: &str, key: &str) -> String {
    format!(
        r#"mutation {{ orderRefund(input: {{orderId: "{order}", idempotencyKey: "{key}"}}) {{
            order {{ lifecycle }} cancellation {{ state nextPollMs timeline {{ name state }} }}
            userErrors {{ __typename code message path }} }} }}"#
    )
}

fn refused(answer: &Value) -> &Value {
    &answer["data"]["orderRefund"]["userErrors"][0]
}

async fn arrived(shop: &Shop) -> String {
    let order = shop.confirmed_order_of(&ada()).await;
    parcel(shop, &order, "shipment.dispatched.v1").await;
    parcel(shop, &order, "shipment.delivered.v1").await;
    order
}

#[tokio::test]
async fn an_order_that_has_arrived_is_refunded_and_its_units_stay_where_they_are() {
    let shop = Shop::open().await;
    let order = arrived(&shop).await;
    let begun = shop.ask(&staff(), &refund(&order, "k")).await;
    insta::assert_json_snapshot!(begun, @r#"
    {
      "data": {
        "orderRefund": {
          "cancellation": {
            "nextPollMs": 400,
            "state": "RUNNING",
            "timeline": [
              {
                "name": "void_payment",
                "state": "STARTED"
              }
            ]
          },
          "order": {
            "lifecycle": "COMPLETED"
          },
          "userErrors": []
        }
      }
    }
    "#);
    let before = shop.sent_kinds().await.len();
    shop.hear(&order, "payment.voided.v1").await;
    let ended = shop.ask(&ada(), &progress(&order)).await["data"]["order"].take();
    assert_eq!((&ended["lifecycle"], &ended["cancellation"]["state"]), (&json!("CANCELLED"), &json!("COMPLETED")));
    assert_eq!(kinds(&shop, &order).await[10..], ["refund_requested", "payment_voided", "refunded"]);
    assert_eq!(shop.sent_kinds().await[before..], ["order.cancelled.v1"], "nothing is returned to the stock");
    let told = sent(&shop.db).await.pop().expect("it was told").1;
    assert_eq!(told.body, json!({ "orderId": order, "reason": "refunded" }));
}

#[tokio::test]
async fn an_order_that_the_carrier_did_not_stop_is_refunded_all_the_same() {
    let shop = Shop::open().await;
    let order = shop.confirmed_order_of(&ada()).await;
    shop.ask(&staff(), &cancel(&order, "Lost on the way", "cancel")).await;
    parcel(&shop, &order, "shipment.delivered.v1").await;
    shop.hear(&order, "shipment.cancel_refused.v1").await;
    let begun = shop.ask(&staff(), &refund(&order, "refund")).await;
    assert_eq!(begun["data"]["orderRefund"]["cancellation"]["state"], "RUNNING", "{begun}");
    shop.hear(&order, "payment.voided.v1").await;
    let ended = shop.ask(&ada(), &progress(&order)).await["data"]["order"].take();
    assert_eq!((&ended["lifecycle"], &ended["cancellation"]["state"]), (&json!("CANCELLED"), &json!("COMPLETED")));
    assert_eq!(ended["cancellation"]["reason"], "Lost on the way");
}

#[tokio::test]
async fn a_refund_takes_the_permission_and_a_recent_proof() {
    let shop = Shop::open().await;
    let order = arrived(&shop).await;
    let mut stale = staff();
    stale.signed.as_mut().expect("signed in").is_recent = false;
    for (viewer, code) in [
        (ada(), "FORBIDDEN"),
        (Viewer::anonymous(), "UNAUTHENTICATED"),
        (Viewer::staff("user_staff", &["reports"]), "FORBIDDEN"),
        (stale, "STEP_UP_REQUIRED"),
    ] {
        let answer = shop.ask(&viewer, &refund(&order, "k")).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], code, "{viewer:?}");
    }
    assert_eq!(kinds(&shop, &order).await.last().map(String::as_str), Some("completed"));
}

#[tokio::test]
async fn what_can_be_cancelled_or_was_is_not_refunded_by_itself() {
    let shop = Shop::open().await;
    let (_, running) = shop.checkout_of(&ada()).await;
    let on_its_way = shop.confirmed_order_of(&ada()).await;
    let cancelled = shop.confirmed_order_of(&ada()).await;
    shop.ask(&ada(), &cancel(&cancelled, "", "cancel")).await;
    let being_cancelled = shop.ask(&staff(), &refund(&cancelled, "k1")).await;
    hear_all(&shop, &cancelled, &TAKEN_BACK).await;
    let mut messages = vec![refused(&being_cancelled).clone()];
    for (index, order) in [&running, &on_its_way, &cancelled].into_iter().enumerate() {
        messages.push(refused(&shop.ask(&staff(), &refund(order, &format!("key{index}"))).await).clone());
    }
    for refused in &messages {
        assert_eq!(
            (&refused["__typename"], &refused["path"]),
            (&json!("NotRefundable"), &json!(["orderId"])),
            "{refused}"
        );
        assert_eq!(refused["code"], "NOT_REFUNDABLE");
    }
    let mut words: Vec<&str> = messages.iter().filter_map(|refused| refused["message"].as_str()).collect();
    words.sort_unstable();
    words.dedup();
    assert_eq!(words.len(), 4, "each says what is in the way: {words:?}");
    let missing = shop.ask(&staff(), &refund("ord_none", "k")).await;
    assert_eq!(refused(&missing)["code"], "NOT_FOUND");
}

#[tokio::test]
async fn a_refund_that_is_asked_for_again_is_one_refund() {
    let shop = Shop::open().await;
    let order = arrived(&shop).await;
    for key in ["k", "k", "another"] {
        let answer = shop.ask(&staff(), &refund(&order, key)).await;
        assert_eq!(answer["data"]["orderRefund"]["cancellation"]["state"], "RUNNING", "{answer}");
    }
    let voids = shop.sent_kinds().await.into_iter().filter(|kind| kind == "payment.void.v1").count();
    let asked: Vec<String> = kinds(&shop, &order).await.into_iter().filter(|kind| kind == "refund_requested").collect();
    assert_eq!((voids, asked.len()), (1, 1));
}

#[tokio::test]
async fn two_staff_who_refund_at_the_same_time_refund_once() {
    let (shop, order) = {
        let shop = Shop::open().await;
        let order = arrived(&shop).await;
        (shop, order)
    };
    let viewer = staff();
    let (one, other) = (refund(&order, "one"), refund(&order, "other"));
    let (one, other) = tokio::join!(shop.ask(&viewer, &one), shop.ask(&viewer, &other));
    for answer in [one, other] {
        assert_eq!(answer["data"]["orderRefund"]["userErrors"], json!([]), "{answer}");
    }
    assert_eq!(shop.sent_kinds().await.iter().filter(|kind| *kind == "payment.void.v1").count(), 1);
}

/// The carrier has a parcel of nothing: it may say of it what it will.
#[tokio::test]
async fn an_order_without_units_is_refunded_also_when_the_carrier_does_not_stop_its_parcel() {
    let shop = Shop::open().await;
    let (_, order) = shop.checkout_of(&ada()).await;
    hear_all(&shop, &order, &CONFIRMED[..4]).await;
    parcel(&shop, &order, "shipment.dispatched.v1").await;
    parcel(&shop, &order, "shipment.delivered.v1").await;
    hear_all(&shop, &order, &["stock.refused.v1", "shipment.cancel_refused.v1", "payment.voided.v1"]).await;
    let ended = shop.ask(&ada(), &progress(&order)).await["data"]["order"].take();
    assert_eq!((&ended["lifecycle"], &ended["cancellation"]["state"]), (&json!("CANCELLED"), &json!("COMPLETED")));
    let told = sent(&shop.db).await.pop().expect("it was told").1;
    assert_eq!((told.kind.as_str(), &told.body["reason"]), ("order.cancelled.v1", &json!("insufficient_stock")));
}

#[tokio::test]
async fn the_units_of_a_parcel_on_its_way_back_are_not_returned_before_it_is() {
    let shop = Shop::open().await;
    let order = shop.confirmed_order_of(&ada()).await;
    parcel(&shop, &order, "shipment.dispatched.v1").await;
    shop.ask(&staff(), &cancel(&order, "", "k")).await;
    let mut called_back = crate::shop::reply(&order, "shipment.cancelled.v1");
    called_back["recalled"] = true.into();
    let message = kit::messaging::Message::new("shipment.cancelled.v1", &order, &called_back).expect("plain data");
    shop.hear_message(&message).await;
    shop.hear(&order, "payment.voided.v1").await;
    let ended = shop.ask(&ada(), &progress(&order)).await["data"]["order"].take();
    assert_eq!((&ended["lifecycle"], &ended["cancellation"]["state"]), (&json!("CANCELLED"), &json!("COMPLETED")));
    assert!(!shop.sent_kinds().await.contains(&"stock.return.v1".to_owned()));
    parcel(&shop, &order, "shipment.returned.v1").await;
    assert_eq!(shop.sent_kinds().await.last().map(String::as_str), Some("stock.return.v1"));
    shop.clock.advance(chrono::TimeDelta::minutes(6));
    assert_eq!(shop.look_for_overdue().await, 1, "silence is no answer");
    shop.hear(&order, "stock.returned.v1").await;
    assert_eq!(shop.look_for_overdue().await, 0);
    assert_eq!(
        kinds(&shop, &order).await[8..],
        ["cancel_requested", "shipment_recalled", "payment_voided", "cancelled", "shipment_returned", "stock_returned"]
    );
}
