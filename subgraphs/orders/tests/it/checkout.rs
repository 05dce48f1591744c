use futures::future::join_all;
use serde_json::json;

use crate::shop::{Shop, ada, clerk, product, submit, text, uuid};

const WHOLE: &str = "checkout { id state nextPollMs startedAt failure { code }
    timeline { name state attempt at compensates } order { id } }";
const ORDER: &str = "id number placedAt lifecycle email shippingMethod shippingAddress { name line1 line2 city region postalCode country }
        lines { id title options sku quantity unit { decimal } total { decimal } variant { id } }
        cost { subtotal { decimal } discount { decimal } shipping { decimal } tax { decimal } total { decimal } estimated }
        events { nodes { id at kind message } pageInfo { hasNextPage } }";

#[tokio::test]
async fn a_submitted_cart_is_on_its_way_to_an_order_and_its_first_command_is_sent() {
    let shop = Shop::open().await;
    let cart = shop.cart_with(&ada(), &[("a", 2)]).await;
    let answer = shop.ask(&ada(), &submit(&cart, 1, 2_500, "k", WHOLE)).await;
    insta::assert_json_snapshot!(answer, @r#"
    {
      "data": {
        "checkoutSubmit": {
          "checkout": {
            "failure": null,
            "id": "[chk]",
            "nextPollMs": 400,
            "order": null,
            "startedAt": "2026-01-05T12:00:00+00:00",
            "state": "RUNNING",
            "timeline": [
              {
                "at": "2026-01-05T12:00:00+00:00",
                "attempt": 1,
                "compensates": null,
                "name": "reserve_stock",
                "state": "STARTED"
              }
            ]
          },
          "userErrors": []
        }
      }
    }
    "#);
    let tried = shop.ask(&clerk(), &format!("{{ orders(of: EVERYBODY) {{ nodes {{ {ORDER} }} }} }}")).await;
    insta::assert_json_snapshot!(tried, @r#"
    {
      "data": {
        "orders": {
          "nodes": [
            {
              "cost": {
                "discount": {
                  "decimal": "0.00"
                },
                "estimated": false,
                "shipping": {
                  "decimal": "5.00"
                },
                "subtotal": {
                  "decimal": "20.00"
                },
                "tax": null,
                "total": {
                  "decimal": "25.00"
                }
              },
              "email": null,
              "events": {
                "nodes": [
                  {
                    "at": "2026-01-05T12:00:00+00:00",
                    "id": "[ord]-1",
                    "kind": "placed",
                    "message": "Order [number] was placed."
                  }
                ],
                "pageInfo": {
                  "hasNextPage": false
                }
              },
              "id": "[ord]",
              "lifecycle": "PLACED",
              "lines": [
                {
                  "id": "[oln]",
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
                }
              ],
              "number": "[number]",
              "placedAt": "2026-01-05T12:00:00+00:00",
              "shippingAddress": null,
              "shippingMethod": "standard"
            }
          ]
        }
      }
    }
    "#);
    assert_eq!(shop.sent_kinds().await, ["order.placed.v1", "stock.reserve.v1"]);
    let cart =
        shop.ask(&ada(), &format!("{{ cart(id: \"{cart}\") {{ state version checkout {{ id state }} }} }}")).await;
    insta::assert_json_snapshot!(cart, @r#"
    {
      "data": {
        "cart": {
          "checkout": {
            "id": "[chk]",
            "state": "RUNNING"
          },
          "state": "CHECKING_OUT",
          "version": 1
        }
      }
    }
    "#);
}

#[tokio::test]
async fn one_key_sent_ten_times_at_once_is_one_order() {
    let shop = Shop::open().await;
    let cart = shop.cart_with(&ada(), &[("a", 2)]).await;
    let (shop, query) = (&shop, &submit(&cart, 1, 2_500, "once", "checkout { id state }"));
    let answers = join_all((0..10).map(|_| async move { shop.ask_bare(&ada(), query).await })).await;
    assert!(answers.iter().all(|answer| answer == &answers[0]), "{answers:#?}");
    let orders = shop.ask_bare(&clerk(), "{ orders(of: EVERYBODY) { nodes { number } } }").await;
    assert_eq!(orders["data"]["orders"]["nodes"].as_array().map(Vec::len), Some(1), "{orders}");
    assert_eq!(shop.sent_kinds().await, ["order.placed.v1", "stock.reserve.v1"]);
}

#[tokio::test]
async fn two_keys_at_once_are_one_order_and_one_refusal() {
    let shop = Shop::open().await;
    let cart = shop.cart_with(&ada(), &[("a", 2)]).await;
    let (shop, cart) = (&shop, &cart);
    let clicks = (0..2).map(|key| async move {
        shop.ask(&ada(), &submit(cart, 1, 2_500, &format!("click-{key}"), "checkout { state }")).await
    });
    let answers = join_all(clicks).await;
    let code = |answer: &serde_json::Value| answer["data"]["checkoutSubmit"]["userErrors"][0]["code"].clone();
    let mut codes: Vec<_> = answers.iter().map(code).collect();
    codes.sort_by_key(ToString::to_string);
    assert_eq!(codes, [json!("CART_CLOSED"), json!(null)]);
}

#[tokio::test]
async fn the_same_request_gets_the_same_checkout_even_when_it_has_ended() {
    let shop = Shop::open().await;
    let cart = shop.cart_with(&ada(), &[("a", 2)]).await;
    let query = submit(&cart, 1, 2_500, "k", "checkout { id }");
    let first = shop.ask_bare(&ada(), &query).await;
    let order = shop.order_of(&text(&first, "/data/checkoutSubmit/checkout/id")).await;
    shop.hear(&order, "stock.refused.v1").await;
    assert_eq!(shop.ask_bare(&ada(), &query).await, first);
    let other_body = shop.ask(&ada(), &submit(&cart, 1, 2_501, "k", "checkout { id }")).await;
    insta::assert_json_snapshot!(other_body, @r#"
    {
      "data": {
        "checkoutSubmit": {
          "checkout": null,
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
}

#[tokio::test]
async fn a_total_that_has_changed_names_both_and_buys_nothing() {
    let shop = Shop::open().await;
    let cart = shop.cart_with(&ada(), &[("a", 2)]).await;
    shop.offer(2, &[product("a", 1_100)]).await;
    let answer = shop.ask(&ada(), &submit(&cart, 1, 2_500, "k", "checkout { id }")).await;
    insta::assert_json_snapshot!(answer, @r#"
    {
      "data": {
        "checkoutSubmit": {
          "checkout": null,
          "userErrors": [
            {
              "__typename": "TotalChanged",
              "code": "TOTAL_CHANGED",
              "message": "The total is 27.00 USD now, not 25.00 USD.",
              "now": {
                "decimal": "27.00"
              },
              "path": [
                "expectedTotal"
              ],
              "was": {
                "decimal": "25.00"
              }
            }
          ]
        }
      }
    }
    "#);
    assert_eq!(shop.sent_kinds().await, [""; 0]);
    let accepted = shop.ask(&ada(), &submit(&cart, 1, 2_700, "k", "checkout { state order { number } }")).await;
    insta::assert_json_snapshot!(accepted, @r#"
    {
      "data": {
        "checkoutSubmit": {
          "checkout": {
            "order": null,
            "state": "RUNNING"
          },
          "userErrors": []
        }
      }
    }
    "#);
}

#[tokio::test]
async fn what_cannot_be_submitted_says_why_and_where() {
    let shop = Shop::open().await;
    let cart = shop.cart_with(&ada(), &[("a", 2)]).await;
    let good = submit(&cart, 1, 2_500, "k", "checkout { id }");
    let cases = [
        good.replace("cartVersion: 1", "cartVersion: 7"),
        good.replace("\"standard\"", "\"drone\""),
        good.replace("country: \"US\"", "country: \"AQ\""),
        good.replace("country: \"US\"", "country: \"usa\""),
        good.replace("line1: \"1 Main St\"", "line1: \" \""),
        good.replace("ada@example.com", "ada"),
        good.replace("currency: \"USD\"", "currency: \"EUR\""),
        good.replace("pm_card_visa", "4242 4242 4242 4242"),
        good.replace("pm_card_visa", ""),
        good.replace("idempotencyKey: \"k\"", "idempotencyKey: \"\""),
        good.replace(&cart, "cart_nowhere"),
    ];
    let mut refusals = vec![];
    for query in cases {
        let answer = shop.ask(&ada(), &query).await;
        assert_eq!(answer["data"]["checkoutSubmit"]["checkout"], json!(null), "{answer}");
        let refused = &answer["data"]["checkoutSubmit"]["userErrors"][0];
        refusals.push(format!("{} {} {}", refused["code"], refused["path"], refused["message"]));
    }
    insta::assert_json_snapshot!(refusals, @r#"
    [
      "\"VERSION_CONFLICT\" [\"cartVersion\"] \"The cart has changed meanwhile. Look at it again.\"",
      "\"SHIPPING_REFUSED\" [\"shippingMethod\"] \"United States: this cart is not delivered there in this way. Choose another.\"",
      "\"SHIPPING_REFUSED\" [\"shippingAddress\",\"country\"] \"Antarctica: we do not deliver there. Choose another address.\"",
      "\"INVALID_INPUT\" [\"shippingAddress\",\"country\"] \"There is no country usa. Did you mean US (United States)?\"",
      "\"INVALID_INPUT\" [\"shippingAddress\",\"line1\"] \"Write the street and number.\"",
      "\"INVALID_INPUT\" [\"email\"] \"That is not an e-mail address: give one such as name@example.com.\"",
      "\"CURRENCY_MISMATCH\" [\"expectedTotal\"] \"The cart is in USD.\"",
      "\"INVALID_INPUT\" [\"paymentMethodToken\"] \"Give the payment provider's token, never a card number.\"",
      "\"INVALID_INPUT\" [\"paymentMethodToken\"] \"Give the token that the payment provider gave for the card.\"",
      "\"INVALID_INPUT\" [\"idempotencyKey\"] \"An idempotency key is 1 to 255 bytes in one line: a UUID does well.\"",
      "\"NOT_FOUND\" [\"cartId\"] \"There is no such cart, or it is not yours.\""
    ]
    "#);
    assert_eq!(shop.sent_kinds().await, [""; 0]);
}

#[tokio::test]
async fn a_failed_checkout_opens_the_cart_again_and_a_confirmed_one_closes_it() {
    let shop = Shop::open().await;
    let cart = shop.cart_with(&ada(), &[("a", 2)]).await;
    for (answers, state) in [
        (&["stock.refused.v1"][..], "OPEN"),
        (&["stock.reserved.v1", "payment.authorized.v1", "shipment.created.v1", "payment.captured.v1"][..], "CLOSED"),
    ] {
        let answer = shop.ask_bare(&ada(), &submit(&cart, 1, 2_500, &uuid(), "checkout { id }")).await;
        let order = shop.order_of(&text(&answer, "/data/checkoutSubmit/checkout/id")).await;
        for kind in answers {
            shop.hear(&order, kind).await;
        }
        let now = shop.ask(&ada(), &format!("{{ cart(id: \"{cart}\") {{ state }} }}")).await;
        assert_eq!(now["data"]["cart"]["state"], state);
    }
    let again = shop.ask(&ada(), &submit(&cart, 1, 2_500, "again", "checkout { id }")).await;
    insta::assert_json_snapshot!(again, @r#"
    {
      "data": {
        "checkoutSubmit": {
          "checkout": null,
          "userErrors": [
            {
              "__typename": "CartClosed",
              "code": "CART_CLOSED",
              "message": "This cart has become an order. Start a new one.",
              "path": [
                "cartId"
              ]
            }
          ]
        }
      }
    }
    "#);
}
