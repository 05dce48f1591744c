//! Adds that come at once, and again: each lands once.

use futures::future::join_all;
use kit::Viewer;

use crate::cart::add;
use crate::shop::{Shop, ada};

#[tokio::test]
async fn eight_adds_at_once_all_land() {
    let shop = Shop::open().await;
    let cart = shop.cart_with(&ada(), &[("b", 1)]).await;
    let (shop, cart) = (&shop, &cart);
    let adds = (0..8).map(|index| async move {
        shop.ask(&ada(), &add(Some(cart), r#"{variantId: "var_a"}"#, &format!("add-{index}"), "id")).await
    });
    for answer in join_all(adds).await {
        assert_eq!(answer["data"]["cartLinesAdd"]["userErrors"], serde_json::json!([]), "{answer}");
    }
    let answer = shop.ask(&ada(), &format!("{{ cart(id: \"{cart}\") {{ version lines {{ sku quantity }} }} }}")).await;
    insta::assert_json_snapshot!(answer, @r#"
    {
      "data": {
        "cart": {
          "lines": [
            {
              "quantity": 1,
              "sku": "B"
            },
            {
              "quantity": 8,
              "sku": "A"
            }
          ],
          "version": 9
        }
      }
    }
    "#);
}

#[tokio::test]
async fn one_key_sent_ten_times_at_once_adds_once() {
    let shop = Shop::open().await;
    let shop = &shop;
    let query = &add(None, r#"{variantId: "var_a", quantity: 2}"#, "once", "id version");
    let answers = join_all((0..10).map(|_| async move { shop.ask_bare(&ada(), query).await })).await;
    assert!(answers.iter().all(|answer| answer == &answers[0]), "{answers:#?}");
    assert_eq!(answers[0]["data"]["cartLinesAdd"]["cart"]["version"], 1);
}

#[tokio::test]
async fn one_key_for_two_requests_is_refused_and_another_owner_s_key_is_another() {
    let shop = Shop::open().await;
    shop.ask(&ada(), &add(None, r#"{variantId: "var_a"}"#, "k", "id")).await;
    let other_input = shop.ask(&ada(), &add(None, r#"{variantId: "var_b"}"#, "k", "id")).await;
    insta::assert_json_snapshot!(other_input, @r#"
    {
      "data": {
        "cartLinesAdd": {
          "cart": {
            "id": "[cart]"
          },
          "cartToken": null,
          "userErrors": [
            {
              "__typename": "IdempotencyMismatch",
              "code": "IDEMPOTENCY_MISMATCH",
              "message": "This idempotency key was used for another request: take a new one.",
              "path": [
                "idempotencyKey"
              ]
            }
          ]
        }
      }
    }
    "#);
    let bob = shop.ask(&Viewer::user("user_bob"), &add(None, r#"{variantId: "var_b"}"#, "k", "version")).await;
    assert_eq!(bob["data"]["cartLinesAdd"]["cart"]["version"], 1, "{bob}");
}

#[tokio::test]
async fn a_refused_add_leaves_its_key_free_and_no_cart_behind() {
    let shop = Shop::open().await;
    shop.ask(&ada(), &add(None, r#"{variantId: "var_nowhere"}"#, "k", "id")).await;
    let answer = shop.ask(&ada(), &add(None, r#"{variantId: "var_a"}"#, "k", "version")).await;
    assert_eq!(answer["data"]["cartLinesAdd"]["cart"]["version"], 1, "{answer}");
}
