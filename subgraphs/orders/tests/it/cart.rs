//! What a cart shows: its lines, what they cost, and what has changed since.

use kit::Viewer;

use crate::shop::{Shop, ada, merged, product, text, uuid};

const WHOLE: &str = "id version state lines { id quantity title options sku unit { decimal } total { decimal } variant { id } }
    cost { subtotal { decimal currency } discount { decimal } shipping { decimal } tax { decimal } total { decimal } estimated }
    issues { code lineId message }";

pub fn add(cart: Option<&str>, lines: &str, key: &str, fields: &str) -> String {
    let cart = cart.map_or("null".to_owned(), |id| format!("\"{id}\""));
    format!(
        "mutation {{ cartLinesAdd(input: {{cartId: {cart}, lines: [{lines}], idempotencyKey: \"{key}\"}})
            {{ cart {{ {fields} }} cartToken userErrors {{ __typename code message path }} }} }}"
    )
}

#[tokio::test]
async fn a_guest_s_first_add_begins_a_cart_and_tells_its_secret_once() {
    let shop = Shop::open().await;
    let query = add(None, r#"{variantId: "var_a", quantity: 2}, {variantId: "var_b"}"#, &uuid(), WHOLE);
    let answer = shop.ask_bare(&Viewer::anonymous(), &query).await;
    let secret = text(&answer, "/data/cartLinesAdd/cartToken");
    let cart = text(&answer, "/data/cartLinesAdd/cart/id");
    assert_eq!(secret.len(), 43, "256 bits");
    insta::assert_json_snapshot!(crate::shop::masked(answer), @r#"
    {
      "data": {
        "cartLinesAdd": {
          "cart": {
            "cost": {
              "discount": {
                "decimal": "0.00"
              },
              "estimated": true,
              "shipping": null,
              "subtotal": {
                "currency": "USD",
                "decimal": "22.50"
              },
              "tax": null,
              "total": {
                "decimal": "22.50"
              }
            },
            "id": "[cart]",
            "issues": [],
            "lines": [
              {
                "id": "[line]",
                "options": "Size: S",
                "quantity": 2,
                "sku": "A",
                "title": "Thing a",
                "total": {
                  "decimal": "20.00"
                },
                "unit": {
                  "decimal": "10.00"
                },
                "variant": {
                  "id": "var_a"
                }
              },
              {
                "id": "[line]",
                "options": "Size: S",
                "quantity": 1,
                "sku": "B",
                "title": "Thing b",
                "total": {
                  "decimal": "2.50"
                },
                "unit": {
                  "decimal": "2.50"
                },
                "variant": {
                  "id": "var_b"
                }
              }
            ],
            "state": "OPEN",
            "version": 1
          },
          "cartToken": "[cartToken]",
          "userErrors": []
        }
      }
    }
    "#);
    let guest = Viewer::guest(&secret);
    let again = shop.ask_bare(&guest, &add(Some(&cart), r#"{variantId: "var_a"}"#, "k2", "version")).await;
    insta::assert_json_snapshot!(again, @r#"
    {
      "data": {
        "cartLinesAdd": {
          "cart": {
            "version": 2
          },
          "cartToken": null,
          "userErrors": []
        }
      }
    }
    "#);
}

#[tokio::test]
async fn a_cart_keeps_the_price_it_showed_and_says_what_has_changed() {
    let shop = Shop::open().await;
    let cart = shop.cart_with(&ada(), &[("a", 2), ("b", 1)]).await;
    let removed = merged(&product("b", 250), &serde_json::json!({ "removed": true, "variants": [] }));
    shop.offer(2, &[product("a", 1_200), removed]).await;
    let answer = shop.ask(&ada(), &format!("{{ cart(id: \"{cart}\") {{ {WHOLE} }} }}")).await;
    insta::assert_json_snapshot!(answer, @r#"
    {
      "data": {
        "cart": {
          "cost": {
            "discount": {
              "decimal": "0.00"
            },
            "estimated": true,
            "shipping": null,
            "subtotal": {
              "currency": "USD",
              "decimal": "22.50"
            },
            "tax": null,
            "total": {
              "decimal": "22.50"
            }
          },
          "id": "[cart]",
          "issues": [
            {
              "code": "PRICE_CHANGED",
              "lineId": "[line]",
              "message": "Thing a costs 12.00 USD now, not 10.00 USD."
            },
            {
              "code": "UNAVAILABLE",
              "lineId": "[line]",
              "message": "Thing b is not sold any more."
            }
          ],
          "lines": [
            {
              "id": "[line]",
              "options": "Size: S",
              "quantity": 2,
              "sku": "A",
              "title": "Thing a",
              "total": {
                "decimal": "20.00"
              },
              "unit": {
                "decimal": "10.00"
              },
              "variant": {
                "id": "var_a"
              }
            },
            {
              "id": "[line]",
              "options": "Size: S",
              "quantity": 1,
              "sku": "B",
              "title": "Thing b",
              "total": {
                "decimal": "2.50"
              },
              "unit": {
                "decimal": "2.50"
              },
              "variant": {
                "id": "var_b"
              }
            }
          ],
          "state": "OPEN",
          "version": 1
        }
      }
    }
    "#);
}

#[tokio::test]
async fn delivery_options_are_priced_into_the_cart_s_total() {
    let shop = Shop::open().await;
    let cart = shop.cart_with(&ada(), &[("a", 3)]).await;
    let query = format!(
        "{{ cart(id: \"{cart}\") {{
            us: deliveryOptions(country: \"US\") {{ method name price {{ decimal }} total {{ decimal }} minDays maxDays }}
            aq: deliveryOptions(country: \"AQ\") {{ method }} }} }}"
    );
    insta::assert_json_snapshot!(shop.ask(&ada(), &query).await, @r#"
    {
      "data": {
        "cart": {
          "aq": [],
          "us": [
            {
              "maxDays": 5,
              "method": "standard",
              "minDays": 3,
              "name": "Standard",
              "price": {
                "decimal": "9.00"
              },
              "total": {
                "decimal": "39.00"
              }
            },
            {
              "maxDays": 5,
              "method": "express",
              "minDays": 3,
              "name": "Express",
              "price": {
                "decimal": "15.00"
              },
              "total": {
                "decimal": "45.00"
              }
            }
          ]
        }
      }
    }
    "#);
}
