use futures::future::join_all;
use kit::messaging::{Message, MessageHandler};
use kit::testing::sent;
use orders::Replies;

use crate::shop::{Shop, ada, reply};

pub fn progress(checkout: &str) -> String {
    format!(
        "{{ checkout(id: \"{checkout}\") {{ state nextPollMs timeline {{ name state attempt compensates }}
            failure {{ __typename code message path ... on InsufficientStock {{ variantId available }} ... on PaymentDeclined {{ reason }} }}
            order {{ lifecycle events {{ nodes {{ kind message }} }} }} }} }}"
    )
}

#[tokio::test]
async fn a_checkout_that_nothing_refuses_ends_in_a_confirmed_order() {
    let shop = Shop::open().await;
    let (checkout, order) = shop.checkout_of(&ada()).await;
    for kind in
        ["stock.reserved.v1", "payment.authorized.v1", "shipment.created.v1", "payment.captured.v1", "stock.settled.v1"]
    {
        shop.hear(&order, kind).await;
    }
    insta::assert_json_snapshot!(shop.ask(&ada(), &progress(&checkout)).await, @r#"
    {
      "data": {
        "checkout": {
          "failure": null,
          "nextPollMs": null,
          "order": {
            "events": {
              "nodes": [
                {
                  "kind": "placed",
                  "message": "Order [number] was placed."
                },
                {
                  "kind": "stock_reserved",
                  "message": "The items are reserved."
                },
                {
                  "kind": "payment_authorized",
                  "message": "The payment is authorized."
                },
                {
                  "kind": "shipment_created",
                  "message": "The shipment is prepared."
                },
                {
                  "kind": "payment_captured",
                  "message": "The payment is made."
                },
                {
                  "kind": "confirmed",
                  "message": "The order is confirmed."
                },
                {
                  "kind": "stock_settled",
                  "message": "The items left the stock."
                }
              ]
            },
            "lifecycle": "CONFIRMED"
          },
          "state": "COMPLETED",
          "timeline": [
            {
              "attempt": 1,
              "compensates": null,
              "name": "reserve_stock",
              "state": "DONE"
            },
            {
              "attempt": 1,
              "compensates": null,
              "name": "authorize_payment",
              "state": "DONE"
            },
            {
              "attempt": 1,
              "compensates": null,
              "name": "create_shipment",
              "state": "DONE"
            },
            {
              "attempt": 1,
              "compensates": null,
              "name": "capture_payment",
              "state": "DONE"
            },
            {
              "attempt": 1,
              "compensates": null,
              "name": "confirm_order",
              "state": "DONE"
            },
            {
              "attempt": 1,
              "compensates": null,
              "name": "settle_stock",
              "state": "DONE"
            }
          ]
        }
      }
    }
    "#);
    let sent: Vec<String> =
        sent(&shop.db).await.into_iter().map(|(stream, message)| format!("{stream} {}", message.kind)).collect();
    insta::assert_json_snapshot!(sent, @r#"
    [
      "orders.events order.placed.v1",
      "inventory.commands stock.reserve.v1",
      "payments.commands payment.authorize.v1",
      "shipping.commands shipment.create.v1",
      "payments.commands payment.capture.v1",
      "inventory.commands stock.settle.v1",
      "orders.events order.confirmed.v1"
    ]
    "#);
}

#[tokio::test]
async fn no_stock_fails_the_checkout_and_names_what_is_short() {
    let shop = Shop::open().await;
    let (checkout, order) = shop.checkout_of(&ada()).await;
    let mut refused = reply(&order, "stock.refused.v1");
    refused["shortages"] = serde_json::json!([{ "variantId": "var_a", "requested": 2, "available": 1 }]);
    shop.hear_message(&Message::new("stock.refused.v1", order.as_str(), &refused).expect("plain data")).await;
    insta::assert_json_snapshot!(shop.ask(&ada(), &progress(&checkout)).await, @r#"
    {
      "data": {
        "checkout": {
          "failure": {
            "__typename": "InsufficientStock",
            "available": 1,
            "code": "INSUFFICIENT_STOCK",
            "message": "Thing a: 2 ordered, 1 left.",
            "path": [
              "cartId"
            ],
            "variantId": "var_a"
          },
          "nextPollMs": null,
          "order": null,
          "state": "FAILED",
          "timeline": [
            {
              "attempt": 1,
              "compensates": null,
              "name": "reserve_stock",
              "state": "FAILED"
            }
          ]
        }
      }
    }
    "#);
    assert_eq!(shop.sent_kinds().await, ["order.placed.v1", "stock.reserve.v1", "order.cancelled.v1"]);
}

#[tokio::test]
async fn a_declined_payment_gives_the_stock_back() {
    let shop = Shop::open().await;
    let (checkout, order) = shop.checkout_of(&ada()).await;
    shop.hear(&order, "stock.reserved.v1").await;
    shop.hear(&order, "payment.declined.v1").await;
    let compensating = shop.ask(&ada(), &progress(&checkout)).await;
    assert_eq!(compensating["data"]["checkout"]["state"], "COMPENSATING");
    shop.hear(&order, "stock.released.v1").await;
    insta::assert_json_snapshot!(shop.ask(&ada(), &progress(&checkout)).await, @r#"
    {
      "data": {
        "checkout": {
          "failure": {
            "__typename": "PaymentDeclined",
            "code": "PAYMENT_DECLINED",
            "message": "Your card was declined.",
            "path": [
              "paymentMethodToken"
            ],
            "reason": "card_declined"
          },
          "nextPollMs": null,
          "order": null,
          "state": "FAILED",
          "timeline": [
            {
              "attempt": 1,
              "compensates": null,
              "name": "reserve_stock",
              "state": "COMPENSATED"
            },
            {
              "attempt": 1,
              "compensates": null,
              "name": "authorize_payment",
              "state": "FAILED"
            },
            {
              "attempt": 1,
              "compensates": "reserve_stock",
              "name": "release_stock",
              "state": "DONE"
            }
          ]
        }
      }
    }
    "#);
    assert_eq!(
        shop.sent_kinds().await,
        ["order.placed.v1", "stock.reserve.v1", "payment.authorize.v1", "stock.release.v1", "order.cancelled.v1"]
    );
}

#[tokio::test]
async fn a_refused_shipment_is_taken_back_in_reverse() {
    let shop = Shop::open().await;
    let (checkout, order) = shop.checkout_of(&ada()).await;
    for kind in
        ["stock.reserved.v1", "payment.authorized.v1", "shipment.refused.v1", "payment.voided.v1", "stock.released.v1"]
    {
        shop.hear(&order, kind).await;
    }
    insta::assert_json_snapshot!(shop.ask(&ada(), &progress(&checkout)).await, @r#"
    {
      "data": {
        "checkout": {
          "failure": {
            "__typename": "ShippingRefused",
            "code": "SHIPPING_REFUSED",
            "message": "The carrier does not serve this postal code.",
            "path": [
              "shippingAddress"
            ]
          },
          "nextPollMs": null,
          "order": null,
          "state": "FAILED",
          "timeline": [
            {
              "attempt": 1,
              "compensates": null,
              "name": "reserve_stock",
              "state": "COMPENSATED"
            },
            {
              "attempt": 1,
              "compensates": null,
              "name": "authorize_payment",
              "state": "COMPENSATED"
            },
            {
              "attempt": 1,
              "compensates": null,
              "name": "create_shipment",
              "state": "FAILED"
            },
            {
              "attempt": 1,
              "compensates": "authorize_payment",
              "name": "void_payment",
              "state": "DONE"
            },
            {
              "attempt": 1,
              "compensates": "reserve_stock",
              "name": "release_stock",
              "state": "DONE"
            }
          ]
        }
      }
    }
    "#);
    assert_eq!(shop.sent_kinds().await[4..], ["payment.void.v1", "stock.release.v1", "order.cancelled.v1"]);
}

#[tokio::test]
async fn an_answer_that_comes_again_under_any_id_changes_nothing() {
    let shop = Shop::open().await;
    let (checkout, order) = shop.checkout_of(&ada()).await;
    let reserved = shop.hear(&order, "stock.reserved.v1").await;
    shop.hear_message(&reserved).await;
    shop.hear(&order, "stock.reserved.v1").await;
    shop.hear(&order, "shipment.created.v1").await;
    shop.hear(&order, "stock.released.v1").await;
    assert_eq!(shop.sent_kinds().await, ["order.placed.v1", "stock.reserve.v1", "payment.authorize.v1"]);
    let now = shop.ask(&ada(), &progress(&checkout)).await;
    assert_eq!(now["data"]["checkout"]["timeline"].as_array().map(Vec::len), Some(2), "{now}");
}

#[tokio::test]
async fn the_same_answers_from_sixteen_consumers_at_once_move_the_checkout_on_once() {
    let shop = Shop::open().await;
    let (checkout, order) = shop.checkout_of(&ada()).await;
    for kind in ["stock.reserved.v1", "payment.authorized.v1", "shipment.created.v1", "payment.captured.v1"] {
        let replies = &Replies::new(shop.store.clone());
        let order = &order;
        let heard = join_all((0..16).map(|_| async move {
            let message = Message::new(kind, order.as_str(), &reply(order, kind)).expect("plain data");
            replies.handle(&message).await
        }))
        .await;
        assert!(heard.iter().all(Result::is_ok), "{heard:?}");
    }
    assert_eq!(
        shop.sent_kinds().await,
        [
            "order.placed.v1",
            "stock.reserve.v1",
            "payment.authorize.v1",
            "shipment.create.v1",
            "payment.capture.v1",
            "stock.settle.v1"
        ]
    );
    let now = shop.ask(&ada(), &progress(&checkout)).await;
    assert_eq!(now["data"]["checkout"]["state"], "COMPLETED");
}

#[tokio::test]
async fn an_answer_about_no_order_of_ours_is_not_swallowed() {
    let shop = Shop::open().await;
    let message = Message::new("stock.reserved.v1", "ord_x", &reply("ord_x", "stock.reserved.v1")).expect("plain");
    assert!(Replies::new(shop.store.clone()).handle(&message).await.is_err());
    let unknown = Message::new("stock.mislaid.v1", "ord_x", &reply("ord_x", "stock.reserved.v1")).expect("plain");
    assert!(Replies::new(shop.store.clone()).handle(&unknown).await.is_err());
}

#[tokio::test]
async fn a_buyer_who_holds_too_much_is_told_how_much_more_is_allowed() {
    let shop = Shop::open().await;
    let (checkout, order) = shop.checkout_of(&ada()).await;
    let mut refused = reply(&order, "stock.refused.v1");
    refused["shortages"] = serde_json::json!([{ "variantId": "var_a", "requested": 2, "available": 1 }]);
    refused["reason"] = "hold_limit".into();
    shop.hear_message(&Message::new("stock.refused.v1", order.as_str(), &refused).expect("plain data")).await;
    let query = format!(
        "{{ checkout(id: \"{checkout}\") {{ failure {{ __typename code message ... on HoldLimit {{ variantId available }} }} }} }}"
    );
    assert_eq!(
        shop.ask(&ada(), &query).await["data"]["checkout"]["failure"],
        serde_json::json!({
            "__typename": "HoldLimit",
            "code": "HOLD_LIMIT",
            "message": "Thing a: 2 ordered, and you may take 1 more for now.",
            "variantId": "var_a",
            "available": 1
        })
    );
}

#[tokio::test]
async fn a_checkout_says_until_when_its_items_are_held_for_as_long_as_they_are() {
    let shop = Shop::open().await;
    let (checkout, order) = shop.checkout_of(&ada()).await;
    let query = format!("{{ checkout(id: \"{checkout}\") {{ reservedUntil }} }}");
    let mut told = vec![];
    for kind in ["stock.reserved.v1", "payment.declined.v1", "stock.released.v1"] {
        shop.hear(&order, kind).await;
        told.push(shop.ask(&ada(), &query).await["data"]["checkout"]["reservedUntil"].clone());
    }
    let until = serde_json::json!("2026-01-05T12:30:00+00:00");
    assert_eq!(told, [until.clone(), until, serde_json::Value::Null]);
}
