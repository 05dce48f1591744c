//! The numbers of orders, where one that is drawn is taken already.

use std::sync::Mutex;

use kit::Viewer;
use orders::order::Numbers;
use serde_json::Value;
use vocab::OrderNumber;

use crate::shop::{Shop, ada, clerk, submit, uuid};

/// Numbers that are drawn in this order; the last one again and again.
fn drawn(bits: &[u64]) -> Numbers {
    let left = Mutex::new(bits.iter().rev().copied().collect::<Vec<_>>());
    Numbers::new(move || {
        let mut left = left.lock().expect("not poisoned");
        let next = if left.len() > 1 { left.pop() } else { left.first().copied() };
        OrderNumber::of_bits(next.expect("there is a last one"))
    })
}

async fn shop_that_draws(bits: &[u64]) -> Shop {
    let mut shop = Shop::open().await;
    shop.store = shop.store.with_numbers(drawn(bits));
    shop
}

async fn place(shop: &Shop, viewer: &Viewer) -> Value {
    let cart = shop.cart_with(viewer, &[("a", 2)]).await;
    shop.ask(viewer, &submit(&cart, 1, 2_500, &uuid(), "checkout { state }")).await
}

/// The numbers of all orders, and what their logs begin with.
async fn numbers(shop: &Shop) -> Vec<(String, String)> {
    let query = "{ orders(of: EVERYBODY) { nodes { number events { nodes { message } } } } }";
    let answer = shop.ask_bare(&clerk(), query).await;
    let nodes = answer["data"]["orders"]["nodes"].as_array().expect("orders").iter();
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let mut numbers: Vec<_> =
        nodes.map(|node| (text(&node["number"]), text(&node["events"]["nodes"][0]["message"]))).collect();
    numbers.sort();
    numbers
}

fn numbered(bits: u64) -> (String, String) {
    let number = OrderNumber::of_bits(bits);
    (number.to_string(), format!("Order {number} was placed."))
}

#[tokio::test]
async fn an_order_whose_number_is_taken_gets_the_first_that_is_free() {
    let shop = shop_that_draws(&[1, 1, 1, 2, 2, 1, 3]).await;
    for _ in 0..3 {
        let answer = place(&shop, &ada()).await;
        assert_eq!(answer["data"]["checkoutSubmit"]["checkout"]["state"], "RUNNING", "{answer}");
    }
    assert_eq!(numbers(&shop).await, [numbered(1), numbered(2), numbered(3)], "and its log says the same");
}

#[tokio::test]
async fn two_orders_that_draw_one_number_at_the_same_time_are_both_placed() {
    let shop = shop_that_draws(&[1, 1, 2]).await;
    let carts = [shop.cart_with(&ada(), &[("a", 2)]).await, shop.cart_with(&ada(), &[("a", 2)]).await];
    let [one, other] = carts.map(|cart| submit(&cart, 1, 2_500, &uuid(), "checkout { state }"));
    let viewer = ada();
    let (one, other) = tokio::join!(shop.ask(&viewer, &one), shop.ask(&viewer, &other));
    for answer in [one, other] {
        assert_eq!(answer["data"]["checkoutSubmit"]["checkout"]["state"], "RUNNING", "{answer}");
    }
    assert_eq!(numbers(&shop).await, [numbered(1), numbered(2)]);
}

#[tokio::test]
async fn a_shop_without_a_free_number_says_so_and_keeps_the_cart() {
    let shop = shop_that_draws(&[1]).await;
    place(&shop, &ada()).await;
    let cart = shop.cart_with(&ada(), &[("a", 2)]).await;
    let answer = shop.ask(&ada(), &submit(&cart, 1, 2_500, &uuid(), "checkout { state }")).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "INTERNAL", "{answer}");
    let state = shop.ask_bare(&ada(), &format!("{{ cart(id: \"{cart}\") {{ state }} }}")).await;
    assert_eq!(state["data"]["cart"]["state"], "OPEN", "{state}");
    assert_eq!(numbers(&shop).await, [numbered(1)]);
}
