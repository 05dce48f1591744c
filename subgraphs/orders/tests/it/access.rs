use kit::Viewer;
use serde_json::json;

use crate::shop::{SOLD, Shop, ada, submit, text};

#[tokio::test]
async fn a_stranger_sees_nothing_through_either_door() {
    let shop = Shop::open().await;
    let (guest, cart) = shop.guest_with(&[("a", 2)]).await;
    let bought = shop.ask_bare(&guest, &submit(&cart, 1, 2_500, "k", "checkout { id }")).await;
    let checkout = text(&bought, "/data/checkoutSubmit/checkout/id");
    let order = shop.order_of(&checkout).await;
    for kind in SOLD {
        shop.hear(&order, kind).await;
    }
    let query = format!(
        r#"{{ cart(id: "{cart}") {{ id }} currentCart {{ id }} checkout(id: "{checkout}") {{ id }} order(id: "{order}") {{ id email }}
             orders {{ nodes {{ id }} }}
             _entities(representations: [
                {{__typename: "Cart", id: "{cart}"}}, {{__typename: "Checkout", id: "{checkout}"}},
                {{__typename: "Order", id: "{order}"}}, {{__typename: "Order", id: "no id"}}
             ]) {{ ... on Cart {{ id }} ... on Checkout {{ id }} ... on Order {{ id }} }} }}"#
    );
    let nothing = json!({ "data": {
        "cart": null, "currentCart": null, "checkout": null, "order": null, "orders": { "nodes": [] },
        "_entities": [null, null, null, null]
    }});
    for stranger in [Viewer::anonymous(), Viewer::guest("a lie"), ada(), Viewer::staff("user_staff", &["reports"])] {
        assert_eq!(shop.ask(&stranger, &query).await, nothing, "{stranger:?}");
    }
    insta::assert_json_snapshot!(shop.ask(&guest, &query).await, @r#"
    {
      "data": {
        "_entities": [
          {
            "id": "[cart]"
          },
          {
            "id": "[chk]"
          },
          {
            "id": "[ord]"
          },
          null
        ],
        "cart": {
          "id": "[cart]"
        },
        "checkout": {
          "id": "[chk]"
        },
        "currentCart": null,
        "order": {
          "email": "ada@example.com",
          "id": "[ord]"
        },
        "orders": {
          "nodes": [
            {
              "id": "[ord]"
            }
          ]
        }
      }
    }
    "#);
}

#[tokio::test]
async fn a_stranger_changes_nothing() {
    let shop = Shop::open().await;
    let (_, cart) = shop.guest_with(&[("a", 2)]).await;
    let add =
        format!(r#"cartLinesAdd(input: {{cartId: "{cart}", lines: [{{variantId: "var_a"}}], idempotencyKey: "k"}})"#);
    let update = format!(
        r#"cartLinesUpdate(input: {{cartId: "{cart}", version: 1, lines: [{{lineId: "line_1", quantity: 1}}], idempotencyKey: "k"}})"#
    );
    let claim = format!(r#"cartClaim(input: {{cartId: "{cart}"}})"#);
    let deliver = format!(r#"cartDeliverySelect(input: {{cartId: "{cart}", country: "US", method: "standard"}})"#);
    for stranger in [ada(), Viewer::guest("a lie"), Viewer::anonymous()] {
        for mutation in [&add, &update, &claim, &deliver] {
            let name = mutation.split('(').next().expect("a name");
            let answer = shop
                .ask(&stranger, &format!("mutation {{ {mutation} {{ cart {{ id }} userErrors {{ code path }} }} }}"))
                .await;
            if name == "cartClaim" && stranger.signed.is_none() {
                assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{answer}");
                continue;
            }
            let refused = json!({ "cart": null, "userErrors": [{ "code": "NOT_FOUND", "path": ["cartId"] }] });
            assert_eq!(answer["data"][name], refused, "{stranger:?}");
        }
        let bought = shop.ask(&stranger, &submit(&cart, 1, 2_500, "k", "checkout { id }")).await;
        assert_eq!(bought["data"]["checkoutSubmit"]["userErrors"][0]["code"], "NOT_FOUND");
    }
}

#[tokio::test]
async fn ids_of_another_kind_are_null_in_queries() {
    let shop = Shop::open().await;
    let answer =
        shop.ask(&ada(), r#"{ cart(id: "ord_1") { id } checkout(id: "") { id } order(id: "cart_1") { id } }"#).await;
    assert_eq!(answer, json!({ "data": { "cart": null, "checkout": null, "order": null } }));
}
