//! The chosen delivery, priced into what a cart costs.

use kit::Viewer;
use serde_json::{Value, json};

use crate::shop::{Shop, ada};

const FIELDS: &str = "version cost { subtotal { decimal } shipping { decimal } total { decimal } estimated }
    delivery { country method option { name price { decimal } } } issues { code lineId }";

fn select(cart: &str, method: &str, more: &str) -> String {
    format!(
        "mutation {{ cartDeliverySelect(input: {{cartId: \"{cart}\", method: \"{method}\" {more}}})
            {{ cart {{ {FIELDS} }} userErrors {{ __typename code message path }} }} }}"
    )
}

async fn selected(shop: &Shop, cart: &str, method: &str, more: &str) -> Value {
    shop.ask_bare(&ada(), &select(cart, method, more)).await["data"]["cartDeliverySelect"].clone()
}

#[tokio::test]
async fn what_is_chosen_is_in_the_total() {
    let shop = Shop::open().await;
    let cart = shop.cart_with(&ada(), &[("a", 2)]).await;
    let before = shop.ask_bare(&ada(), &format!("{{ cart(id: \"{cart}\") {{ delivery {{ method }} }} }}")).await;
    assert_eq!(before["data"]["cart"]["delivery"], Value::Null);
    let chosen = selected(&shop, &cart, "standard", "country: \"US\"").await;
    insta::assert_json_snapshot!(chosen, @r#"
    {
      "cart": {
        "cost": {
          "estimated": true,
          "shipping": {
            "decimal": "5.00"
          },
          "subtotal": {
            "decimal": "20.00"
          },
          "total": {
            "decimal": "25.00"
          }
        },
        "delivery": {
          "country": "US",
          "method": "standard",
          "option": {
            "name": "Standard",
            "price": {
              "decimal": "5.00"
            }
          }
        },
        "issues": [],
        "version": 2
      },
      "userErrors": []
    }
    "#);
    let again = selected(&shop, &cart, "standard", "country: \"US\"").await;
    assert_eq!(again, chosen, "to choose the same again changes nothing");
    let other = selected(&shop, &cart, "express", "country: \"US\"").await;
    assert_eq!((&other["cart"]["version"], &other["cart"]["cost"]["total"]["decimal"]), (&json!(3), &json!("35.00")));
}

#[tokio::test]
async fn the_price_of_delivery_follows_the_cart_and_the_rates() {
    let shop = Shop::open().await;
    let cart = shop.cart_with(&ada(), &[("a", 2)]).await;
    selected(&shop, &cart, "standard", "country: \"US\"").await;
    let add = |units: i32, key: &str| {
        format!(
            r#"mutation {{ cartLinesAdd(input: {{cartId: "{cart}", idempotencyKey: "{key}",
                lines: [{{variantId: "var_a", quantity: {units}}}]}}) {{ cart {{ {FIELDS} }} }} }}"#
        )
    };
    let heavier = shop.ask_bare(&ada(), &add(1, "k1")).await["data"]["cartLinesAdd"]["cart"].clone();
    assert_eq!(heavier["cost"]["shipping"]["decimal"], "9.00");
    assert_eq!(heavier["cost"]["total"]["decimal"], "39.00");
    let too_heavy = shop.ask_bare(&ada(), &add(60, "k2")).await["data"]["cartLinesAdd"]["cart"].clone();
    insta::assert_json_snapshot!(too_heavy, @r#"
    {
      "cost": {
        "estimated": true,
        "shipping": {
          "decimal": "9.00"
        },
        "subtotal": {
          "decimal": "30.00"
        },
        "total": {
          "decimal": "39.00"
        }
      },
      "delivery": {
        "country": "US",
        "method": "standard",
        "option": {
          "name": "Standard",
          "price": {
            "decimal": "9.00"
          }
        }
      },
      "issues": [],
      "version": 3
    }
    "#);
}

#[tokio::test]
async fn a_delivery_that_does_not_go_there_is_refused() {
    let shop = Shop::open().await;
    let cart = shop.cart_with(&ada(), &[("a", 2)]).await;
    let mut refusals = vec![];
    for (method, country) in [("drone", "US"), ("standard", "AQ"), ("standard", "usa"), ("", "US")] {
        let answer = selected(&shop, &cart, method, &format!("country: \"{country}\"")).await;
        assert_eq!((&answer["cart"]["version"], &answer["cart"]["delivery"]), (&json!(1), &Value::Null));
        let refused = &answer["userErrors"][0];
        refusals.push(format!("{} {} {}", refused["__typename"], refused["path"], refused["message"]));
    }
    insta::assert_json_snapshot!(refusals, @r#"
    [
      "\"ShippingRefused\" [\"method\"] \"United States: this cart is not delivered there in this way. Choose another.\"",
      "\"ShippingRefused\" [\"country\"] \"Antarctica: we do not deliver there. Choose another address.\"",
      "\"InvalidInput\" [\"country\"] \"There is no country usa. Did you mean US (United States)?\"",
      "\"InvalidInput\" [\"method\"] \"Choose one of the ways of delivery that the cart has.\""
    ]
    "#);
}

#[tokio::test]
async fn a_key_chooses_once_and_a_stranger_chooses_nothing() {
    let shop = Shop::open().await;
    let cart = shop.cart_with(&ada(), &[("a", 2)]).await;
    let key = "country: \"US\" idempotencyKey: \"k\"";
    selected(&shop, &cart, "standard", key).await;
    selected(&shop, &cart, "express", "country: \"US\"").await;
    let again = selected(&shop, &cart, "standard", key).await;
    assert_eq!(again["cart"]["delivery"]["method"], "express", "the request came again, it is not a new one");
    let mismatch = selected(&shop, &cart, "express", key).await;
    assert_eq!(mismatch["userErrors"][0]["code"], "IDEMPOTENCY_MISMATCH");
    for stranger in [Viewer::anonymous(), Viewer::guest("a lie"), Viewer::user("user_eve")] {
        let answer = shop.ask_bare(&stranger, &select(&cart, "standard", "country: \"US\"")).await;
        assert_eq!(answer["data"]["cartDeliverySelect"]["userErrors"][0]["code"], "NOT_FOUND", "{stranger:?}");
    }
}
