//! From the shelf to the order, and every way back.

use serde_json::{Value, json};
use system_tests::{HEADPHONES, LAST_ONE, MUG, NOTEBOOK, SOLD_OUT, Shop};

use system_tests::shopper::{self, a_guest_with, a_new_user, steps};

/// A subgraph that never heard of an order says null, one that did says what it has.
fn is_nothing(list: &Value) -> bool {
    list.as_array().is_none_or(Vec::is_empty)
}

#[tokio::test]
async fn a_guest_finds_a_product_and_orders_it() {
    let shop = Shop::shared().await;
    let found = shop
        .visitor()
        .ask("{ search(query: \"quiet headphones\") { hits { product { id title } } } }", json!({}))
        .await;
    assert_eq!(found["search"]["hits"][0]["product"]["id"], HEADPHONES.product());

    let shopper = a_guest_with(shop, HEADPHONES, 2).await;
    let checkout = shopper.check_out(&shopper.checkout_input()).await;
    assert_eq!(checkout["state"], "COMPLETED", "{checkout}");
    assert_eq!(checkout["order"]["lifecycle"], "CONFIRMED");

    let order = shopper.order(&checkout["order"]["id"]).await;
    assert_eq!(order["cost"]["subtotal"]["minor"], (2 * HEADPHONES.cents).to_string());
    assert_eq!(order["cost"]["total"], shopper.cart["deliveryOptions"][0]["total"]);
    assert_eq!(order["paymentState"], "PAID");
    assert_eq!(order["payments"][0]["last4"], "4242");
    assert_eq!(order["shipments"].as_array().map(Vec::len), Some(1));
    assert!(order["shipments"][0]["parcels"][0]["trackingNumber"].is_string(), "{order}");
}

#[tokio::test]
async fn a_signed_in_shopper_sees_the_order_in_the_list_and_reviews_it_as_verified() {
    let shop = Shop::shared().await;
    let client = a_new_user(shop).await;
    let cart = shopper::add(&client, None, NOTEBOOK, 1).await;
    assert_eq!(cart["cartToken"], Value::Null, "a user's cart needs no secret");
    let shopper = shopper::Shopper::signed_in(client, cart["cart"].clone());
    let checkout = shopper.check_out(&shopper.checkout_input()).await;
    assert_eq!(checkout["state"], "COMPLETED", "{checkout}");

    let orders = shopper.client.ask("{ orders(first: 5) { nodes { id lifecycle } } }", json!({})).await;
    assert_eq!(orders["orders"]["nodes"], json!([{"id": checkout["order"]["id"], "lifecycle": "CONFIRMED"}]));

    let review =
        "mutation($input: ReviewSubmitInput!) { reviewSubmit(input: $input) { review { id } userErrors { message } } }";
    let input = json!({"productId": NOTEBOOK.product(), "rating": 5, "title": "Sums well",
        "body": "It weaves algebraic patterns as it should.", "idempotencyKey": shopper::a_key()});
    let data = shopper.client.ask(review, json!({"input": input})).await;
    assert_eq!(data["reviewSubmit"]["userErrors"], json!([]));
    let verified = "query($id: ID!) { review(id: $id) { verifiedPurchase } }";
    let id = json!({"id": data["reviewSubmit"]["review"]["id"]});
    shopper.client.at_last(verified, id, "/review/verifiedPurchase").await;
}

#[tokio::test]
async fn a_declined_card_gives_the_stock_back_and_says_why() {
    let shop = Shop::shared().await;
    let shopper = a_guest_with(shop, MUG, 1).await;
    let mut input = shopper.checkout_input();
    input["paymentMethodToken"] = json!("pm_card_chargeDeclined");
    let checkout = shopper.check_out(&input).await;
    assert_eq!(checkout["state"], "FAILED", "{checkout}");
    assert_eq!(checkout["failure"]["code"], "PAYMENT_DECLINED");
    assert_eq!(checkout["order"], Value::Null, "a try is no order");
    assert!(is_nothing(&shopper.client.ask("{ orders { nodes { id } } }", json!({})).await["orders"]["nodes"]));
    assert!(steps(&checkout).iter().any(|step| step.ends_with("COMPENSATED")), "{checkout}");
}

#[tokio::test]
async fn what_is_sold_out_is_not_charged() {
    let shop = Shop::shared().await;
    let shopper = a_guest_with(shop, SOLD_OUT, 1).await;
    let checkout = shopper.check_out(&shopper.checkout_input()).await;
    assert_eq!(checkout["failure"]["code"], "INSUFFICIENT_STOCK", "{checkout}");
    assert_eq!(checkout["order"], Value::Null, "a try is no order");
    assert!(steps(&checkout).iter().all(|step| !step.starts_with("authorize_payment")), "{checkout}");
}

#[tokio::test]
async fn a_carriers_refusal_gives_the_money_and_the_stock_back() {
    let shop = Shop::shared().await;
    let shopper = a_guest_with(shop, MUG, 1).await;
    let mut input = shopper.checkout_input();
    input["shippingAddress"]["postalCode"] = json!("00000");
    let checkout = shopper.check_out(&input).await;
    assert_eq!(checkout["state"], "FAILED", "{checkout}");
    assert_eq!(checkout["failure"]["code"], "SHIPPING_REFUSED");
    assert_eq!(checkout["order"], Value::Null, "a try is no order");
    assert!(steps(&checkout).iter().any(|step| step == "void_payment DONE"), "{checkout}");
}

#[tokio::test]
async fn the_last_one_is_sold_once_however_many_want_it() {
    let shop = Shop::shared().await;
    let rush = (0..8).map(|_| async {
        let shopper = a_guest_with(shop, LAST_ONE, 1).await;
        shopper.check_out(&shopper.checkout_input()).await["state"].clone()
    });
    let states = futures::future::join_all(rush).await;
    assert_eq!(states.iter().filter(|state| **state == "COMPLETED").count(), 1, "{states:?}");
}

#[tokio::test]
async fn a_checkout_sent_twice_is_one_order() {
    let shop = Shop::shared().await;
    let shopper = a_guest_with(shop, MUG, 3).await;
    let input = shopper.checkout_input();
    let (first, second) = tokio::join!(shopper.submit(&input), shopper.submit(&input));
    assert_eq!(first["checkout"]["id"], second["checkout"]["id"], "{first} {second}");
    assert!(first["checkout"]["id"].is_string(), "{first}");
}
