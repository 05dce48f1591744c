//! What becomes of stock, money and parcel when an order is cancelled.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::cancel::{CONFIRMED, TAKEN_BACK, cancel, code, hear_all, kinds, progress};
use crate::shop::{Shop, ada, clerk};

#[tokio::test]
async fn a_confirmed_order_gives_back_its_parcel_its_money_and_its_units_and_is_cancelled_last() {
    let shop = Shop::open().await;
    let (checkout, order) = shop.checkout_of(&ada()).await;
    hear_all(&shop, &order, &CONFIRMED).await;
    insta::assert_json_snapshot!(shop.ask(&ada(), &cancel(&order, "Changed my mind", "k")).await, @r#"
    {
      "data": {
        "orderCancel": {
          "cancellation": {
            "id": "[cnl]",
            "nextPollMs": 400,
            "reason": "Changed my mind",
            "refusal": null,
            "state": "RUNNING",
            "timeline": [
              {
                "name": "cancel_shipment",
                "state": "STARTED"
              }
            ]
          },
          "order": {
            "email": "ada@example.com",
            "id": "[ord]",
            "lifecycle": "CONFIRMED"
          },
          "userErrors": []
        }
      }
    }
    "#);
    hear_all(&shop, &order, &TAKEN_BACK).await;
    insta::assert_json_snapshot!(shop.ask(&ada(), &progress(&order)).await, @r#"
    {
      "data": {
        "order": {
          "cancellation": {
            "id": "[cnl]",
            "nextPollMs": null,
            "reason": "Changed my mind",
            "refusal": null,
            "startedAt": "2026-01-05T12:00:00+00:00",
            "state": "COMPLETED",
            "timeline": [
              {
                "attempt": 1,
                "compensates": "create_shipment",
                "name": "cancel_shipment",
                "state": "DONE"
              },
              {
                "attempt": 1,
                "compensates": "authorize_payment",
                "name": "void_payment",
                "state": "DONE"
              },
              {
                "attempt": 1,
                "compensates": "settle_stock",
                "name": "return_stock",
                "state": "DONE"
              }
            ]
          },
          "events": {
            "nodes": [
              {
                "kind": "placed"
              },
              {
                "kind": "stock_reserved"
              },
              {
                "kind": "payment_authorized"
              },
              {
                "kind": "shipment_created"
              },
              {
                "kind": "payment_captured"
              },
              {
                "kind": "confirmed"
              },
              {
                "kind": "stock_settled"
              },
              {
                "kind": "cancel_requested"
              },
              {
                "kind": "shipment_cancelled"
              },
              {
                "kind": "payment_voided"
              },
              {
                "kind": "stock_returned"
              },
              {
                "kind": "cancelled"
              }
            ]
          },
          "lifecycle": "CANCELLED"
        }
      }
    }
    "#);
    assert_eq!(
        shop.sent_kinds().await[6..],
        ["order.confirmed.v1", "shipment.cancel.v1", "payment.void.v1", "stock.return.v1", "order.cancelled.v1"]
    );
    let cart = shop.ask(&ada(), &format!("{{ checkout(id: \"{checkout}\") {{ state reservedUntil }} }}")).await;
    assert_eq!(cart["data"]["checkout"], json!({ "state": "COMPLETED", "reservedUntil": null }));
    assert_eq!(code(&shop.ask(&ada(), &cancel(&order, "", "late")).await), "NOT_CANCELLABLE");
}

#[tokio::test]
async fn an_order_whose_checkout_runs_is_turned_round_and_its_cart_opens_again() {
    let shop = Shop::open().await;
    let (checkout, order) = shop.checkout_of(&ada()).await;
    hear_all(&shop, &order, &["stock.reserved.v1", "payment.authorized.v1"]).await;
    let begun = shop.ask(&ada(), &cancel(&order, "", "k")).await;
    assert_eq!(begun["data"]["orderCancel"]["cancellation"]["state"], "RUNNING");
    hear_all(&shop, &order, &["shipment.cancelled.v1", "payment.voided.v1", "stock.released.v1"]).await;
    let ended = shop.ask(&clerk(), &progress(&order)).await;
    assert_eq!(ended["data"]["order"]["lifecycle"], "CANCELLED");
    assert_eq!(ended["data"]["order"]["cancellation"]["state"], "COMPLETED");
    assert_eq!(shop.ask(&ada(), &progress(&order)).await["data"]["order"], Value::Null, "it never was one");
    let query = format!("{{ checkout(id: \"{checkout}\") {{ state failure {{ code message }} }} }}");
    insta::assert_json_snapshot!(shop.ask(&ada(), &query).await, @r#"
    {
      "data": {
        "checkout": {
          "failure": {
            "code": "CANCELLED",
            "message": "It was cancelled on request. Nothing was charged."
          },
          "state": "FAILED"
        }
      }
    }
    "#);
    assert_eq!(
        shop.sent_kinds().await[3..],
        ["shipment.create.v1", "shipment.cancel.v1", "payment.void.v1", "stock.release.v1", "order.cancelled.v1"]
    );
}

#[tokio::test]
async fn a_wish_while_the_payment_is_captured_is_kept_until_the_order_stands_and_then_carried_out() {
    let shop = Shop::open().await;
    let (_, order) = shop.checkout_of(&ada()).await;
    hear_all(&shop, &order, &CONFIRMED[..3]).await;
    let begun = shop.ask(&ada(), &cancel(&order, "", "k")).await;
    assert_eq!(begun["data"]["orderCancel"]["cancellation"]["state"], "RUNNING");
    assert_eq!(begun["data"]["orderCancel"]["order"], Value::Null, "it is none yet");
    hear_all(&shop, &order, &CONFIRMED[3..]).await;
    hear_all(&shop, &order, &TAKEN_BACK).await;
    assert_eq!(
        kinds(&shop, &order).await[4..],
        [
            "cancel_requested",
            "payment_captured",
            "confirmed",
            "stock_settled",
            "shipment_cancelled",
            "payment_voided",
            "stock_returned",
            "cancelled"
        ]
    );
    let events = ["order.placed.v1", "order.confirmed.v1", "order.cancelled.v1"];
    let sent = shop.sent_kinds().await;
    assert_eq!(sent.iter().filter(|kind| kind.starts_with("order.")).collect::<Vec<_>>(), events);
}

#[tokio::test]
async fn a_wish_that_comes_together_with_the_capture_is_never_lost() {
    let (shop, buyer) = (&Shop::open().await, &ada());
    for round in 0..10 {
        let (_, order) = shop.checkout_of(buyer).await;
        hear_all(shop, &order, &CONFIRMED[..3]).await;
        let query = cancel(&order, "", &format!("k{round}"));
        futures::join!(hear_all(shop, &order, &CONFIRMED[3..]), shop.ask(buyer, &query));
        hear_all(shop, &order, &TAKEN_BACK).await;
        let ended = shop.ask(buyer, &progress(&order)).await;
        assert_eq!(ended["data"]["order"]["lifecycle"], "CANCELLED", "{ended}");
        assert_eq!(ended["data"]["order"]["cancellation"]["state"], "COMPLETED");
    }
}

#[tokio::test]
async fn an_order_that_was_paid_for_units_that_are_gone_is_refunded_by_the_shop_itself() {
    let shop = Shop::open().await;
    let (_, order) = shop.checkout_of(&ada()).await;
    hear_all(&shop, &order, &CONFIRMED[..4]).await;
    hear_all(&shop, &order, &["stock.refused.v1", "shipment.cancelled.v1", "payment.voided.v1"]).await;
    let ended = shop.ask(&ada(), &progress(&order)).await;
    assert_eq!(ended["data"]["order"]["lifecycle"], "CANCELLED");
    assert_eq!(ended["data"]["order"]["cancellation"]["state"], "COMPLETED");
    let sent = kit::testing::sent(&shop.db).await;
    assert!(!sent.iter().any(|(_, message)| message.kind == "order.confirmed.v1"), "nobody acts on it");
    assert_eq!(sent.last().map(|(_, message)| message.body["reason"].clone()), Some(json!("insufficient_stock")));
}

#[tokio::test]
async fn a_late_answer_to_a_cancellation_has_its_command_sent_again_under_the_same_id() {
    let shop = Shop::open().await;
    let (_, order) = shop.checkout_of(&ada()).await;
    hear_all(&shop, &order, &CONFIRMED).await;
    shop.ask(&ada(), &cancel(&order, "", "k")).await;
    for attempt in 1..=20 {
        shop.clock.advance(TimeDelta::minutes(6));
        assert_eq!(shop.look_for_overdue().await, 1, "attempt {attempt}: it is never given up");
    }
    let sent = kit::testing::sent(&shop.db).await;
    assert_eq!(sent[sent.len() - 1], sent[sent.len() - 21]);
    hear_all(&shop, &order, &TAKEN_BACK).await;
    assert_eq!(shop.look_for_overdue().await, 0);
}
