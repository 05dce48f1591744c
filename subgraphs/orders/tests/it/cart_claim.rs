//! A guest signs in: what was in the guest's cart is in the user's.

use futures::future::join_all;
use kit::Viewer;
use serde_json::{Value, json};

use crate::shop::{Shop, ada, merged, product, text};

fn claim_of(cart: &str) -> String {
    format!(
        "mutation {{ cartClaim(input: {{cartId: \"{cart}\"}}) {{ cart {{ id version lines {{ sku quantity }} }}
            userErrors {{ __typename code message path ... on CartsKeptApart {{ otherCartId }} }} }} }}"
    )
}

fn ada_with(guest: &Viewer) -> Viewer {
    Viewer { guest: guest.guest.clone(), ..ada() }
}

async fn claim(shop: &Shop, viewer: &Viewer, cart: &str) -> Value {
    shop.ask_bare(viewer, &claim_of(cart)).await["data"]["cartClaim"].clone()
}

#[tokio::test]
async fn a_guest_s_cart_is_claimed_by_who_signs_in_with_its_secret() {
    let shop = Shop::open().await;
    let (visitor, cart) = shop.guest_with(&[("a", 1)]).await;
    let claim = format!(
        "mutation {{ cartClaim(input: {{cartId: \"{cart}\"}}) {{ cart {{ version }} userErrors {{ code path }} }} }}"
    );
    let both = ada_with(&visitor);
    let thief = Viewer { guest: Viewer::guest("another").guest, ..Viewer::user("user_eve") };
    insta::assert_json_snapshot!(shop.ask(&thief, &claim).await, @r#"
    {
      "data": {
        "cartClaim": {
          "cart": null,
          "userErrors": [
            {
              "code": "NOT_FOUND",
              "path": [
                "cartId"
              ]
            }
          ]
        }
      }
    }
    "#);
    let claimed = shop.ask(&both, &claim).await;
    insta::assert_json_snapshot!(claimed, @r#"
    {
      "data": {
        "cartClaim": {
          "cart": {
            "version": 2
          },
          "userErrors": []
        }
      }
    }
    "#);
    assert_eq!(shop.ask(&ada(), &claim).await, claimed, "claiming again changes nothing");
    let as_guest = shop.ask(&visitor, &format!("{{ cart(id: \"{cart}\") {{ id }} }}")).await;
    assert_eq!(as_guest["data"]["cart"], serde_json::Value::Null);
    insta::assert_json_snapshot!(shop.ask(&visitor, &claim).await, @r#"
    {
      "data": null,
      "errors": [
        {
          "extensions": {
            "code": "UNAUTHENTICATED"
          },
          "locations": [
            {
              "column": 12,
              "line": 1
            }
          ],
          "message": "Sign in first: a page with POST /auth/login, an app with an `authorization: Bearer …` header.",
          "path": [
            "cartClaim"
          ]
        }
      ]
    }
    "#);
}

#[tokio::test]
async fn the_lines_of_a_guest_s_cart_go_into_the_cart_that_the_user_has() {
    let shop = Shop::open().await;
    shop.cart_with(&ada(), &[("b", 9)]).await;
    shop.clock.advance(chrono::TimeDelta::minutes(1));
    let mine = shop.cart_with(&ada(), &[("a", 1)]).await;
    let (visitor, guest) = shop.guest_with(&[("b", 2), ("a", 3)]).await;
    let claimed = claim(&shop, &ada_with(&visitor), &guest).await;
    let lines = json!([{"sku": "A", "quantity": 4}, {"sku": "B", "quantity": 2}]);
    assert_eq!(claimed, json!({"cart": {"id": mine, "version": 2, "lines": lines}, "userErrors": []}));
    assert_eq!(claim(&shop, &ada_with(&visitor), &guest).await, claimed, "again: the same cart, nothing added");
    assert_eq!(claim(&shop, &ada(), &guest).await, claimed, "the secret is not needed any more");

    let went = format!(
        "{{ cart(id: \"{guest}\") {{ state mergedInto {{ id }} lines {{ sku quantity }} }} currentCart {{ id }} }}"
    );
    let kept = json!([{"sku": "B", "quantity": 2}, {"sku": "A", "quantity": 3}]);
    let told =
        json!({"cart": {"state": "CLOSED", "mergedInto": {"id": mine}, "lines": kept}, "currentCart": {"id": mine}});
    assert_eq!(shop.ask_bare(&ada(), &went).await["data"], told);
    let as_guest = shop.ask_bare(&visitor, &went).await;
    assert_eq!(as_guest["data"], json!({"cart": null, "currentCart": null}));
    let add = format!(
        r#"mutation {{ cartLinesAdd(input: {{cartId: "{guest}", lines: [{{variantId: "var_a"}}], idempotencyKey: "k"}})
            {{ cart {{ id }} userErrors {{ code }} }} }}"#
    );
    let late = shop.ask_bare(&ada(), &add).await["data"]["cartLinesAdd"].clone();
    assert_eq!(late, json!({"cart": {"id": guest}, "userErrors": [{"code": "CART_CLOSED"}]}));
}

#[tokio::test]
async fn what_is_not_sold_any_more_is_not_lost_either() {
    let shop = Shop::open().await;
    shop.cart_with(&ada(), &[("a", 1)]).await;
    let (visitor, guest) = shop.guest_with(&[("b", 2)]).await;
    shop.offer(2, &[merged(&product("b", 250), &json!({ "removed": true, "variants": [] }))]).await;
    let claimed = claim(&shop, &ada_with(&visitor), &guest).await;
    assert_eq!(claimed["cart"]["lines"], json!([{"sku": "A", "quantity": 1}, {"sku": "B", "quantity": 2}]));
}

#[tokio::test]
async fn carts_that_do_not_fit_into_one_are_both_the_user_s() {
    let shop = Shop::open().await;
    let mine = shop.cart_with(&ada(), &[("a", 9), ("b", 1)]).await;
    let (visitor, guest) = shop.guest_with(&[("a", 2)]).await;
    let claimed = claim(&shop, &ada_with(&visitor), &guest).await;
    assert_eq!(claimed["cart"]["id"], guest);
    assert_eq!(claimed["cart"]["lines"], json!([{"sku": "A", "quantity": 2}]));
    let told = json!([{"__typename": "CartsKeptApart", "code": "INVALID_INPUT", "path": ["cartId"], "otherCartId": mine,
        "message": "Both carts are yours, side by side: together they hold more of one thing than one order takes."}]);
    assert_eq!(claimed["userErrors"], told);
    let both = format!(
        "{{ mine: cart(id: \"{mine}\") {{ state lines {{ quantity }} }} theirs: cart(id: \"{guest}\") {{ state }} }}"
    );
    let kept =
        json!({"mine": {"state": "OPEN", "lines": [{"quantity": 9}, {"quantity": 1}]}, "theirs": {"state": "OPEN"}});
    assert_eq!(shop.ask_bare(&ada(), &both).await["data"], kept);
    let again = claim(&shop, &ada_with(&visitor), &guest).await;
    assert_eq!((&again["cart"], &again["userErrors"]), (&claimed["cart"], &json!([])));
}

#[tokio::test]
async fn a_claim_and_adds_at_once_lose_no_line() {
    let shop = Shop::open().await;
    let mine = shop.cart_with(&ada(), &[("b", 1)]).await;
    let (visitor, guest) = shop.guest_with(&[("a", 1)]).await;
    let (shop, guest) = (&shop, &guest);
    let both = ada_with(&visitor);
    let adds = (0..8).map(|index| {
        let cart = if index % 2 == 0 { guest } else { &mine };
        let add = format!(
            r#"mutation {{ cartLinesAdd(input: {{cartId: "{cart}", lines: [{{variantId: "var_a"}}],
                idempotencyKey: "{index}"}}) {{ userErrors {{ code }} }} }}"#
        );
        let both = &both;
        async move { shop.ask_bare(both, &add).await["data"]["cartLinesAdd"]["userErrors"] == json!([]) }
    });
    let claims = (0..4).map(|_| claim(shop, &both, guest));
    let (landed, claims) = futures::future::join(join_all(adds), join_all(claims)).await;
    assert!(claims.iter().all(|claimed| claimed["cart"]["id"] == *mine), "{claims:?}");
    let landed = landed.into_iter().filter(|landed| *landed).count();
    let claimed = claim(shop, &both, guest).await;
    assert_eq!(claimed["cart"]["id"], *mine);
    assert_eq!(claimed["cart"]["lines"], json!([{"sku": "B", "quantity": 1}, {"sku": "A", "quantity": 1 + landed}]));
}

#[tokio::test]
async fn a_cart_in_checkout_is_claimed_as_it_is() {
    let shop = Shop::open().await;
    let mine = shop.cart_with(&ada(), &[("b", 1)]).await;
    let (visitor, guest) = shop.guest_with(&[("a", 2)]).await;
    let submit = crate::shop::submit(&guest, 1, 2_500, "k", "checkout { id }");
    text(&shop.ask_bare(&visitor, &submit).await, "/data/checkoutSubmit/checkout/id");
    let claimed = claim(&shop, &ada_with(&visitor), &guest).await;
    assert_eq!((&claimed["cart"]["id"], &claimed["userErrors"]), (&json!(guest), &json!([])));
    let current = shop.ask_bare(&ada(), "{ currentCart { id } }").await;
    assert_eq!(current["data"]["currentCart"]["id"], *mine);
}

#[tokio::test]
async fn the_current_cart_is_the_open_one_that_was_changed_last() {
    let shop = Shop::open().await;
    let current =
        async |viewer: &Viewer| shop.ask_bare(viewer, "{ currentCart { id } }").await["data"]["currentCart"].clone();
    assert_eq!(current(&ada()).await, Value::Null);
    let first = shop.cart_with(&ada(), &[("a", 2)]).await;
    shop.clock.advance(chrono::TimeDelta::minutes(1));
    let second = shop.cart_with(&ada(), &[("a", 2)]).await;
    assert_eq!(current(&ada()).await["id"], *second);
    shop.clock.advance(chrono::TimeDelta::minutes(1));
    let add = format!(
        r#"mutation {{ cartLinesAdd(input: {{cartId: "{first}", lines: [{{variantId: "var_b"}}], idempotencyKey: "k"}})
            {{ cart {{ id }} }} }}"#
    );
    shop.ask(&ada(), &add).await;
    assert_eq!(current(&ada()).await["id"], *first);
    let submit = crate::shop::submit(&first, 2, 3_150, "k2", "checkout { id }");
    text(&shop.ask_bare(&ada(), &submit).await, "/data/checkoutSubmit/checkout/id");
    assert_eq!(current(&ada()).await["id"], *second, "the first is in checkout");
    for stranger in [Viewer::anonymous(), Viewer::guest("a lie"), Viewer::staff("user_staff", &["orders"])] {
        assert_eq!(current(&stranger).await, Value::Null, "{stranger:?}");
    }
}
