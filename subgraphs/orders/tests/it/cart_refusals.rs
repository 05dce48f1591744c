//! Changes of a cart that are refused, and why.

use kit::Viewer;
use serde_json::{Value, json};

use crate::cart::add;
use crate::shop::{Shop, ada, product, text, uuid};

fn update(cart: &str, version: i64, line: &str, quantity: i32, key: &str) -> String {
    format!(
        "mutation {{ cartLinesUpdate(input: {{cartId: \"{cart}\", version: {version},
            lines: [{{lineId: \"{line}\", quantity: {quantity}}}], idempotencyKey: \"{key}\"}})
            {{ cart {{ version lines {{ quantity unit {{ decimal }} }} cost {{ total {{ decimal }} }} issues {{ code }} }}
               userErrors {{ code path }} }} }}"
    )
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
              "code": "NOT_FOUND",
              "path": [
                "lines",
                "0",
                "lineId"
              ]
            },
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

/// Code and path of each refusal of a mutation.
fn told(answer: &Value, mutation: &str) -> Vec<(String, String)> {
    let errors = answer["data"][mutation]["userErrors"].as_array().unwrap_or_else(|| panic!("{answer:#}"));
    let path =
        |error: &Value| error["path"].as_array().expect("a path").iter().map(|step| text(step, "")).collect::<Vec<_>>();
    errors.iter().map(|error| (text(error, "/code"), path(error).join("."))).collect()
}

#[tokio::test]
async fn everything_wrong_with_added_lines_is_told_at_once_and_nothing_is_added() {
    let shop = Shop::open().await;
    let mut euro = product("e", 100);
    euro["variants"][0]["price"]["currency"] = "EUR".into();
    shop.offer(1, &[euro]).await;
    let cart = shop.cart_with(&ada(), &[("a", 10)]).await;
    let lines = r#"{variantId: "var_b"}, {variantId: "var_nowhere", quantity: 0}, {variantId: "var_a", quantity: 1},
        {variantId: "prod_a", quantity: -1}, {variantId: "var_e"}, {variantId: "var_b", quantity: 1000}"#;
    let wrong = [
        ("NOT_FOUND", "lines.1.variantId"),
        ("INVALID_INPUT", "lines.1.quantity"),
        ("QUANTITY_LIMIT", "lines.2.quantity"),
        ("INVALID_INPUT", "lines.3.variantId"),
        ("INVALID_INPUT", "lines.3.quantity"),
        ("CURRENCY_MISMATCH", "lines.4.variantId"),
        ("QUANTITY_LIMIT", "lines.5.quantity"),
    ];
    let wrong = wrong.map(|(code, path)| (code.to_owned(), path.to_owned()));
    let answer = shop.ask(&ada(), &add(Some(&cart), lines, "k", "version lines { sku }")).await;
    assert_eq!(told(&answer, "cartLinesAdd"), wrong);
    assert_eq!(answer["data"]["cartLinesAdd"]["cart"], json!({"version": 1, "lines": [{"sku": "A"}]}));
    // Of somebody who has no cart yet, too.
    let euro_first = format!("{{variantId: \"var_a\", quantity: 10}}, {lines}");
    let nobody = shop.ask(&Viewer::anonymous(), &add(None, &euro_first, &uuid(), "version")).await;
    assert_eq!(told(&nobody, "cartLinesAdd").len(), wrong.len(), "{nobody:#}");
    // What is wrong beside the lines comes with what is wrong with the lines in any cart.
    let all = told(&shop.ask(&ada(), &add(Some("prod_1"), lines, "", "version")).await, "cartLinesAdd");
    let paths: Vec<&str> = all.iter().map(|(_, path)| path.as_str()).collect();
    assert_eq!(paths, ["cartId", "lines.1.quantity", "lines.3.variantId", "lines.3.quantity", "idempotencyKey"]);
}

#[tokio::test]
async fn everything_wrong_with_set_lines_is_told_at_once_and_nothing_is_set() {
    let shop = Shop::open().await;
    let cart = shop.cart_with(&ada(), &[("a", 1), ("b", 1)]).await;
    let ids = shop.lines_of(&ada(), &cart).await;
    let (a, b) = (&ids[0], &ids[1]);
    let lines = format!(
        r#"{{lineId: "{a}", quantity: 2}}, {{lineId: "var_a", quantity: -1}}, {{lineId: "{b}", quantity: 11}},
            {{lineId: "{a}", quantity: 3}}, {{lineId: "line_gone", quantity: -4}}"#
    );
    let set = |cart: &str, version: &str, key: &str| {
        format!(
            r#"mutation {{ cartLinesUpdate(input: {{cartId: "{cart}", {version} lines: [{lines}], idempotencyKey: "{key}"}})
                {{ cart {{ version }} userErrors {{ code message path }} }} }}"#
        )
    };
    let answer = shop.ask(&ada(), &set(&cart, "", "k")).await;
    let wrong = [
        ("INVALID_INPUT", "lines.1.lineId"),
        ("INVALID_INPUT", "lines.1.quantity"),
        ("QUANTITY_LIMIT", "lines.2.quantity"),
        ("INVALID_INPUT", "lines.3.lineId"),
        ("NOT_FOUND", "lines.4.lineId"),
        ("INVALID_INPUT", "lines.4.quantity"),
    ];
    assert_eq!(told(&answer, "cartLinesUpdate"), wrong.map(|(code, path)| (code.to_owned(), path.to_owned())));
    assert_eq!(answer["data"]["cartLinesUpdate"]["cart"], json!({"version": 1}));
    let late = told(&shop.ask(&ada(), &set(&cart, "version: 7,", "k")).await, "cartLinesUpdate");
    let paths: Vec<&str> = late.iter().map(|(_, path)| path.as_str()).collect();
    let of_any = ["lines.1.lineId", "lines.1.quantity", "lines.3.lineId", "lines.4.quantity"];
    assert_eq!(paths, [&["version"][..], &of_any].concat());
    let nowhere = told(&shop.ask(&ada(), &set("prod_1", "", "")).await, "cartLinesUpdate");
    let paths: Vec<&str> = nowhere.iter().map(|(_, path)| path.as_str()).collect();
    assert_eq!(paths, [&["cartId"][..], &of_any, &["idempotencyKey"]].concat());
}

#[tokio::test]
async fn a_request_of_several_inputs_is_told_of_all_that_are_wrong() {
    let shop = Shop::open().await;
    for (mutation, input, wrong) in [
        (
            "cartDeliverySelect",
            r#"cartId: "x", country: "UK", method: "", idempotencyKey: """#,
            &["cartId", "country", "method", "idempotencyKey"][..],
        ),
        ("checkoutCancel", r#"checkoutId: "x", idempotencyKey: """#, &["checkoutId", "idempotencyKey"]),
        (
            "orderCancel",
            r#"orderId: "x", reason: "a\u0000b", idempotencyKey: """#,
            &["orderId", "reason", "idempotencyKey"],
        ),
        ("orderAccessRequest", r#"number: "x", email: "y""#, &["number", "email"]),
    ] {
        let query = format!("mutation {{ {mutation}(input: {{{input}}}) {{ userErrors {{ code message path }} }} }}");
        let told = told(&shop.ask(&ada(), &query).await, mutation);
        let paths: Vec<&str> = told.iter().map(|(_, path)| path.as_str()).collect();
        assert_eq!(paths, wrong, "{mutation}");
    }
}
