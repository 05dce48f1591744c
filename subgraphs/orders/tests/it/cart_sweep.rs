//! Carts that nobody touches any more.

use chrono::TimeDelta;
use kit::Viewer;
use serde_json::{Value, json};

use crate::shop::{SOLD, Shop, ada, submit, text};

async fn state(shop: &Shop, viewer: &Viewer, cart: &str) -> Value {
    shop.ask_bare(viewer, &format!("{{ cart(id: \"{cart}\") {{ state }} }}")).await["data"]["cart"].clone()
}

#[tokio::test]
async fn a_cart_that_nobody_touches_goes_with_its_lines() {
    let shop = Shop::open().await;
    let cart = shop.cart_with(&ada(), &[("a", 1)]).await;
    shop.clock.advance(TimeDelta::days(59));
    let touched = shop.cart_with(&ada(), &[("a", 1)]).await;
    shop.clock.advance(TimeDelta::days(2));
    shop.sweep().await;
    assert_eq!(state(&shop, &ada(), &cart).await, Value::Null);
    assert_eq!(state(&shop, &ada(), &touched).await, json!({"state": "OPEN"}));
}

#[tokio::test]
async fn hundreds_of_old_carts_go_in_one_sweep() {
    let shop = Shop::open().await;
    let mut carts = vec![];
    for _ in 0..430 {
        carts.push(shop.cart_with(&ada(), &[("a", 1)]).await);
    }
    shop.clock.advance(TimeDelta::days(61));
    shop.sweep().await;
    assert_eq!(shop.ask_bare(&ada(), "{ currentCart { id } }").await["data"]["currentCart"], Value::Null);
    for cart in carts {
        assert_eq!(state(&shop, &ada(), &cart).await, Value::Null);
    }
}

#[tokio::test]
async fn a_cart_in_checkout_stays_however_old_it_is() {
    let shop = Shop::open().await;
    let cart = shop.cart_with(&ada(), &[("a", 2)]).await;
    let bought = shop.ask_bare(&ada(), &submit(&cart, 1, 2_500, "k", "checkout { id }")).await;
    let order = shop.order_of(&text(&bought, "/data/checkoutSubmit/checkout/id")).await;
    shop.clock.advance(TimeDelta::days(100));
    shop.sweep().await;
    assert_eq!(state(&shop, &ada(), &cart).await, json!({"state": "CHECKING_OUT"}));
    shop.hear(&order, "stock.refused.v1").await;
    assert_eq!(state(&shop, &ada(), &cart).await, json!({"state": "OPEN"}));
}

#[tokio::test]
async fn a_cart_that_went_into_another_goes_when_its_time_is_over() {
    let shop = Shop::open().await;
    let mine = shop.cart_with(&ada(), &[("b", 1)]).await;
    let (visitor, guest) = shop.guest_with(&[("a", 1)]).await;
    let both = Viewer { guest: visitor.guest, ..ada() };
    shop.ask(&both, &format!("mutation {{ cartClaim(input: {{cartId: \"{guest}\"}}) {{ cart {{ id }} }} }}")).await;
    shop.clock.advance(TimeDelta::days(59));
    let add = format!(
        r#"mutation {{ cartLinesAdd(input: {{cartId: "{mine}", lines: [{{variantId: "var_b"}}], idempotencyKey: "k"}})
            {{ cart {{ id }} }} }}"#
    );
    shop.ask(&ada(), &add).await;
    shop.clock.advance(TimeDelta::days(2));
    shop.sweep().await;
    assert_eq!(state(&shop, &ada(), &guest).await, Value::Null);
    assert_eq!(state(&shop, &ada(), &mine).await, json!({"state": "OPEN"}));
}

#[tokio::test]
async fn a_cart_that_became_an_order_goes_in_its_time_and_the_order_and_its_checkout_stay() {
    let shop = Shop::open().await;
    let cart = shop.cart_with(&ada(), &[("a", 2)]).await;
    let bought = shop.ask_bare(&ada(), &submit(&cart, 1, 2_500, "k", "checkout { id }")).await;
    let checkout = text(&bought, "/data/checkoutSubmit/checkout/id");
    let order = shop.order_of(&checkout).await;
    for kind in SOLD {
        shop.hear(&order, kind).await;
    }
    shop.clock.advance(TimeDelta::days(59));
    shop.sweep().await;
    assert_eq!(state(&shop, &ada(), &cart).await, json!({"state": "CLOSED"}));
    shop.clock.advance(TimeDelta::days(2));
    shop.sweep().await;
    assert_eq!(state(&shop, &ada(), &cart).await, Value::Null);
    let kept =
        format!(r#"{{ checkout(id: "{checkout}") {{ state }} order(id: "{order}") {{ lines {{ quantity }} }} }}"#);
    let kept = shop.ask_bare(&ada(), &kept).await;
    assert_eq!(kept["data"], json!({"checkout": {"state": "COMPLETED"}, "order": {"lines": [{"quantity": 2}]}}));
}
