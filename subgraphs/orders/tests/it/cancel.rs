//! `orderCancel`: who may, and until when.

use kit::Viewer;
use kit::messaging::{Message, MessageHandler};
use orders::ShippingEvents;
use serde_json::{Value, json};

use crate::shop::{Shop, ada, clerk, reply, text};

pub const CONFIRMED: [&str; 5] =
    ["stock.reserved.v1", "payment.authorized.v1", "shipment.created.v1", "payment.captured.v1", "stock.settled.v1"];
pub const TAKEN_BACK: [&str; 3] = ["shipment.cancelled.v1", "payment.voided.v1", "stock.returned.v1"];

pub fn cancel(order: &str, reason: &str, key: &str) -> String {
    format!(
        r#"mutation {{ orderCancel(input: {{orderId: "{order}", reason: "{reason}", idempotencyKey: "{key}"}}) {{
            order {{ id lifecycle email }} cancellation {{ id state reason nextPollMs refusal timeline {{ name state }} }}
            userErrors {{ __typename code message path }} }} }}"#
    )
}

pub fn progress(order: &str) -> String {
    format!(
        r#"{{ order(id: "{order}") {{ lifecycle events(first: 50) {{ nodes {{ kind }} }}
            cancellation {{ id state startedAt reason nextPollMs refusal timeline {{ name state attempt compensates }} }} }} }}"#
    )
}

/// A parcel's news, as shipping sends it.
pub async fn parcel(shop: &Shop, order: &str, kind: &str) {
    let message = Message::new(kind, order, &reply(order, kind)).expect("plain data");
    ShippingEvents::new(shop.store.clone()).handle(&message).await.expect("the news is taken in");
}

pub async fn hear_all(shop: &Shop, order: &str, kinds: &[&str]) {
    for kind in kinds {
        shop.hear(order, kind).await;
    }
}

pub async fn kinds(shop: &Shop, order: &str) -> Vec<String> {
    let answer = shop.ask(&clerk(), &progress(order)).await;
    let nodes = answer["data"]["order"]["events"]["nodes"].as_array().expect("events").clone();
    nodes.iter().map(|node| text(node, "/kind")).collect()
}

pub fn code(answer: &Value) -> &Value {
    &answer["data"]["orderCancel"]["userErrors"][0]["code"]
}

#[tokio::test]
async fn staff_cancel_somebody_s_order_with_a_recent_proof_of_who_they_are() {
    let shop = Shop::open().await;
    let (_, order) = shop.checkout_of(&ada()).await;
    hear_all(&shop, &order, &CONFIRMED).await;
    let mut staff = Viewer::staff("user_staff", &["orders"]);
    staff.signed.as_mut().expect("signed in").is_recent = false;
    let refused = shop.ask(&staff, &cancel(&order, "The buyer called", "k")).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "STEP_UP_REQUIRED");
    staff.signed.as_mut().expect("signed in").is_recent = true;
    let begun = shop.ask(&staff, &cancel(&order, "The buyer called", "k")).await;
    assert!(begun["data"]["orderCancel"]["order"].is_object(), "{begun}");
}

#[tokio::test]
async fn a_parcel_on_its_way_is_called_back_by_staff_only_and_one_that_arrived_by_nobody() {
    let shop = Shop::open().await;
    let (_, order) = shop.checkout_of(&ada()).await;
    hear_all(&shop, &order, &CONFIRMED).await;
    parcel(&shop, &order, "shipment.dispatched.v1").await;
    assert_eq!(code(&shop.ask(&ada(), &cancel(&order, "", "k")).await), "NOT_CANCELLABLE");
    let staff = Viewer::staff("user_staff", &["orders"]);
    let begun = shop.ask(&staff, &cancel(&order, "Lost on the way", "k")).await;
    let expected = json!({ "id": "[ord]", "lifecycle": "CONFIRMED", "email": null });
    assert_eq!(begun["data"]["orderCancel"]["order"], expected, "the address is the buyer's own: {begun}");
    parcel(&shop, &order, "shipment.delivered.v1").await;
    shop.hear(&order, "shipment.cancel_refused.v1").await;
    insta::assert_json_snapshot!(shop.ask(&ada(), &progress(&order)).await, @r#"
    {
      "data": {
        "order": {
          "cancellation": {
            "id": "[cnl]",
            "nextPollMs": null,
            "reason": "Lost on the way",
            "refusal": "The parcel has been delivered, so it can no longer be called back.",
            "startedAt": "2026-01-05T12:00:00+00:00",
            "state": "REFUSED",
            "timeline": [
              {
                "attempt": 1,
                "compensates": "create_shipment",
                "name": "cancel_shipment",
                "state": "FAILED"
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
                "kind": "shipment_dispatched"
              },
              {
                "kind": "cancel_requested"
              },
              {
                "kind": "shipment_delivered"
              },
              {
                "kind": "cancel_refused"
              },
              {
                "kind": "completed"
              }
            ]
          },
          "lifecycle": "COMPLETED"
        }
      }
    }
    "#);
    assert_eq!(code(&shop.ask(&staff, &cancel(&order, "", "again")).await), "NOT_CANCELLABLE");
    assert_eq!(shop.sent_kinds().await.last().map(String::as_str), Some("order.completed.v1"));
}

#[tokio::test]
async fn a_delivered_order_is_completed_once_however_often_that_is_told() {
    let shop = Shop::open().await;
    let (_, order) = shop.checkout_of(&ada()).await;
    hear_all(&shop, &order, &CONFIRMED).await;
    for _ in 0..3 {
        parcel(&shop, &order, "shipment.dispatched.v1").await;
        parcel(&shop, &order, "shipment.delivered.v1").await;
    }
    assert_eq!(kinds(&shop, &order).await[7..], ["shipment_dispatched", "shipment_delivered", "completed"]);
    let completed = shop.sent_kinds().await.iter().filter(|kind| *kind == "order.completed.v1").count();
    assert_eq!(completed, 1);
    assert_eq!(code(&shop.ask(&ada(), &cancel(&order, "", "k")).await), "NOT_CANCELLABLE");
}

#[tokio::test]
async fn the_same_request_is_answered_again_and_another_under_its_key_is_refused() {
    let shop = Shop::open().await;
    let (_, order) = shop.checkout_of(&ada()).await;
    hear_all(&shop, &order, &CONFIRMED).await;
    let query = cancel(&order, "Too big", "k");
    let (buyer, shop) = (ada(), &shop);
    let answers = futures::future::join_all((0..8).map(|_| shop.ask_bare(&buyer, &query))).await;
    assert!(answers.iter().all(|answer| answer == &answers[0]), "{answers:#?}");
    assert_eq!(code(&shop.ask(&ada(), &cancel(&order, "Too small", "k")).await), "IDEMPOTENCY_MISMATCH");
    let other = shop.ask_bare(&ada(), &cancel(&order, "Too small", "other")).await;
    let id = "/data/orderCancel/cancellation/id";
    assert_eq!(text(&other, id), text(&answers[0], id), "an order is cancelled once");
    let cancels = shop.sent_kinds().await.iter().filter(|kind| *kind == "shipment.cancel.v1").count();
    assert_eq!(cancels, 1);
}

#[tokio::test]
async fn what_is_not_yours_and_what_is_not_there_cannot_be_cancelled_in_the_same_words() {
    let shop = Shop::open().await;
    let (_, order) = shop.checkout_of(&ada()).await;
    let missing = shop.ask(&ada(), &cancel("ord_nowhere", "", "k")).await;
    assert_eq!(code(&missing), "NOT_FOUND");
    let strangers = [Viewer::anonymous(), Viewer::guest("a lie"), Viewer::user("user_bob")];
    for stranger in strangers.into_iter().chain([Viewer::staff("user_staff", &["reports"])]) {
        assert_eq!(shop.ask(&stranger, &cancel(&order, "", "k")).await, missing, "{stranger:?}");
    }
    assert_eq!(code(&shop.ask(&ada(), &cancel(&order, &"x".repeat(501), "k")).await), "INVALID_INPUT");
    assert_eq!(shop.sent_kinds().await, ["order.placed.v1", "stock.reserve.v1"]);
}

#[tokio::test]
async fn twenty_orders_with_their_cancellations_cost_as_many_statements_as_one() {
    let shop = Shop::open().await;
    for _ in 0..20 {
        let order = shop.confirmed_order_of(&ada()).await;
        shop.ask(&ada(), &cancel(&order, "", &order)).await;
    }
    let mut counts = vec![];
    for first in [1, 20] {
        let before = shop.db.statements();
        shop.ask(&ada(), &format!("{{ orders(first: {first}) {{ nodes {{ cancellation {{ state }} }} }} }}")).await;
        counts.push(shop.db.statements() - before);
    }
    assert_eq!(counts, [3, 3]);
}
