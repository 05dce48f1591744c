use futures::future::join_all;
use kit::Viewer;

use crate::shop::{Shop, ada, merged, product, text, uuid};

const WHOLE: &str = "id version state lines { id quantity title options sku unit { decimal } total { decimal } variant { id } }
    cost { subtotal { decimal currency } discount { decimal } shipping { decimal } tax { decimal } total { decimal } estimated }
    issues { code lineId message }";

fn add(cart: Option<&str>, lines: &str, key: &str, fields: &str) -> String {
    let cart = cart.map_or("null".to_owned(), |id| format!("\"{id}\""));
    format!(
        "mutation {{ cartLinesAdd(input: {{cartId: {cart}, lines: [{lines}], idempotencyKey: \"{key}\"}})
            {{ cart {{ {fields} }} cartToken userErrors {{ __typename code message path }} }} }}"
    )
}

fn update(cart: &str, version: i64, line: &str, quantity: i32, key: &str) -> String {
    format!(
        "mutation {{ cartLinesUpdate(input: {{cartId: \"{cart}\", version: {version},
            lines: [{{lineId: \"{line}\", quantity: {quantity}}}], idempotencyKey: \"{key}\"}})
            {{ cart {{ version lines {{ quantity unit {{ decimal }} }} cost {{ total {{ decimal }} }} issues {{ code }} }}
               userErrors {{ code path }} }} }}"
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

#[tokio::test]
async fn what_cannot_be_added_says_why_and_where() {
    let shop = Shop::open().await;
    let mut euro = product("e", 100);
    euro["variants"][0]["price"]["currency"] = "EUR".into();
    shop.offer(1, &[euro]).await;
    let cart = shop.cart_with(&ada(), &[("a", 10)]).await;
    let lines = [
        r#"{variantId: "var_a", quantity: 0}"#,
        r#"{variantId: "var_b"}, {variantId: "var_a", quantity: -3}"#,
        r#"{variantId: "var_a", quantity: 1000}"#,
        r#"{variantId: "var_a", quantity: 1}"#,
        r#"{variantId: "var_nowhere"}"#,
        r#"{variantId: "prod_a"}"#,
        r#"{variantId: "var_e"}"#,
        "",
    ];
    let mut refusals = vec![];
    for lines in lines {
        let answer = shop.ask(&ada(), &add(Some(&cart), lines, "k", "version")).await;
        assert_eq!(answer["data"]["cartLinesAdd"]["cart"]["version"], 1, "it is shown as it was: {answer}");
        let refused = &answer["data"]["cartLinesAdd"]["userErrors"][0];
        refusals.push(format!("{} {} {}", refused["code"], refused["path"], refused["message"]));
    }
    insta::assert_json_snapshot!(refusals, @r#"
    [
      "\"INVALID_INPUT\" [\"lines\",\"0\",\"quantity\"] \"A quantity of 0 cannot be ordered: choose 1 to 10.\"",
      "\"INVALID_INPUT\" [\"lines\",\"1\",\"quantity\"] \"A quantity of -3 cannot be ordered: choose 1 to 10.\"",
      "\"QUANTITY_LIMIT\" [\"lines\",\"0\",\"quantity\"] \"Thing a: one order takes 10 at most.\"",
      "\"QUANTITY_LIMIT\" [\"lines\",\"0\",\"quantity\"] \"Thing a: one order takes 10 at most.\"",
      "\"NOT_FOUND\" [\"lines\",\"0\",\"variantId\"] \"This is not for sale, or not any more.\"",
      "\"INVALID_INPUT\" [\"lines\",\"0\",\"variantId\"] \"That is not a variant id, which starts with var_.\"",
      "\"CURRENCY_MISMATCH\" [\"lines\",\"0\",\"variantId\"] \"Thing e costs 1.00 EUR, and the cart is in USD.\"",
      "\"INVALID_INPUT\" [\"lines\"] \"Give 1 to 100 lines.\""
    ]
    "#);
}

#[tokio::test]
async fn an_update_lands_on_the_version_that_was_shown_and_no_other() {
    let shop = Shop::open().await;
    let cart = shop.cart_with(&ada(), &[("a", 2)]).await;
    let answer = shop.ask_bare(&ada(), &format!("{{ cart(id: \"{cart}\") {{ lines {{ id }} }} }}")).await;
    let line = text(&answer, "/data/cart/lines/0/id");
    let late = shop.ask(&ada(), &update(&cart, 0, &line, 5, "k1")).await;
    insta::assert_json_snapshot!(late, @r#"
    {
      "data": {
        "cartLinesUpdate": {
          "cart": {
            "cost": {
              "total": {
                "decimal": "20.00"
              }
            },
            "issues": [],
            "lines": [
              {
                "quantity": 2,
                "unit": {
                  "decimal": "10.00"
                }
              }
            ],
            "version": 1
          },
          "userErrors": [
            {
              "code": "VERSION_CONFLICT",
              "path": [
                "version"
              ]
            }
          ]
        }
      }
    }
    "#);
    let set = shop.ask(&ada(), &update(&cart, 1, &line, 5, "k2")).await;
    insta::assert_json_snapshot!(set, @r#"
    {
      "data": {
        "cartLinesUpdate": {
          "cart": {
            "cost": {
              "total": {
                "decimal": "50.00"
              }
            },
            "issues": [],
            "lines": [
              {
                "quantity": 5,
                "unit": {
                  "decimal": "10.00"
                }
              }
            ],
            "version": 2
          },
          "userErrors": []
        }
      }
    }
    "#);
    assert_eq!(shop.ask(&ada(), &update(&cart, 1, &line, 5, "k2")).await, set, "the same request again");
    let gone = shop.ask(&ada(), &update(&cart, 2, &line, 0, "k3")).await;
    insta::assert_json_snapshot!(gone, @r#"
    {
      "data": {
        "cartLinesUpdate": {
          "cart": {
            "cost": {
              "total": {
                "decimal": "0.00"
              }
            },
            "issues": [],
            "lines": [],
            "version": 3
          },
          "userErrors": []
        }
      }
    }
    "#);
    let negative = shop.ask(&ada(), &update(&cart, 3, &line, -1, "k4")).await;
    insta::assert_json_snapshot!(negative, @r#"
    {
      "data": {
        "cartLinesUpdate": {
          "cart": {
            "cost": {
              "total": {
                "decimal": "0.00"
              }
            },
            "issues": [],
            "lines": [],
            "version": 3
          },
          "userErrors": [
            {
              "code": "INVALID_INPUT",
              "path": [
                "lines",
                "0",
                "quantity"
              ]
            }
          ]
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
