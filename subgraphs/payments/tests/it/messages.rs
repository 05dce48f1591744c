//! The messages as docs/messages shows them.

use kit::messaging::Message;
use serde_json::Value;

use super::shop::{Shop, authorize, capture, void};

const AUTHORIZE: &str = include_str!("../../../../docs/messages/payment.authorize.v1.json");
const CAPTURE: &str = include_str!("../../../../docs/messages/payment.capture.v1.json");
const VOID: &str = include_str!("../../../../docs/messages/payment.void.v1.json");
const ORDER_CONFIRMED: &str = include_str!("../../../../docs/messages/order.confirmed.v1.json");
const ORDER_CLAIMED: &str = include_str!("../../../../docs/messages/order.claimed.v1.json");
const ORDER_CANCELLED: &str = include_str!("../../../../docs/messages/order.cancelled.v1.json");
const AUTHORIZED: &str = include_str!("../../../../docs/messages/payment.authorized.v1.json");
const DECLINED: &str = include_str!("../../../../docs/messages/payment.declined.v1.json");
const CAPTURED: &str = include_str!("../../../../docs/messages/payment.captured.v1.json");
const VOIDED: &str = include_str!("../../../../docs/messages/payment.voided.v1.json");

fn example(json: &str) -> Value {
    serde_json::from_str(json).expect("an example is JSON")
}

/// The names of a message's fields, and what kind of value each holds.
fn shape(body: &Value) -> Vec<(String, &'static str)> {
    let fields = body.as_object().expect("a body is an object");
    let kind = |value: &Value| if value.is_string() { "text" } else { "other" };
    fields.iter().map(|(name, value)| (name.clone(), kind(value))).collect()
}

#[tokio::test]
async fn the_commands_of_the_examples_are_followed() {
    let shop = Shop::open().await;
    for (kind, body) in
        [("payment.authorize.v1", AUTHORIZE), ("payment.capture.v1", CAPTURE), ("payment.void.v1", VOID)]
    {
        let body = example(body);
        let key = body["orderId"].as_str().expect("an order").to_owned();
        let command = Message::new(kind, key, &body).expect("plain data");
        shop.follow(&command).await;
    }
}

#[tokio::test]
async fn the_replies_have_the_shape_of_the_examples() {
    let shop = Shop::open().await;
    let cases = [
        (authorize("ord_1", "pm_card_visa"), AUTHORIZED),
        (capture("ord_1"), CAPTURED),
        (void("ord_1"), VOIDED),
        (authorize("ord_2", "pm_card_chargeDeclined"), DECLINED),
    ];
    for (command, reply) in cases {
        let replies = shop.follow(&command).await;
        assert_eq!(shape(&replies[0]["body"]), shape(&example(reply)));
    }
}

#[tokio::test]
async fn a_payment_goes_with_its_order_and_older_news_of_that_changes_nothing() {
    let shop = Shop::open().await;
    let claimed = example(ORDER_CLAIMED);
    let order = claimed["orderId"].as_str().expect("an order").to_owned();
    shop.follow(&authorize(&order, "pm_card_visa")).await;
    let owner = async || shop.rows("SELECT owner FROM payment").await.remove(0);
    let said = |owner: &str, version: i32| {
        let mut body = claimed.clone();
        (body["owner"], body["ownerVersion"]) = (owner.into(), version.into());
        Message::new("order.claimed.v1", order.clone(), &body).expect("plain data")
    };
    shop.hear(&said("user:user_bob", 2)).await;
    assert_eq!(owner().await, "user:user_bob");
    shop.hear(&said("guest:before", 1)).await;
    assert_eq!(owner().await, "user:user_bob");
    // What moves the payment does not take it back.
    shop.follow(&capture(&order)).await;
    shop.follow(&authorize(&order, "pm_card_visa")).await;
    assert_eq!(owner().await, "user:user_bob");
}

#[tokio::test]
async fn the_events_of_the_examples_are_heard() {
    let shop = Shop::open().await;
    let order = example(ORDER_CONFIRMED)["orderId"].as_str().expect("an order").to_owned();
    shop.follow(&authorize(&order, "pm_card_visa")).await;
    for (kind, body) in [("order.confirmed.v1", ORDER_CONFIRMED), ("order.cancelled.v1", ORDER_CANCELLED)] {
        shop.hear(&Message::new(kind, order.clone(), &example(body)).expect("plain data")).await;
    }
    let heard = shop.rows("SELECT event FROM money_entry WHERE account = 'owed' ORDER BY event").await;
    assert_eq!(heard, ["cancelled", "confirmed"]);
}
