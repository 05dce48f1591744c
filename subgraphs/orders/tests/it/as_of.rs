//! An order as it stood.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::cancel::parcel;
use crate::shop::{Shop, ada};

async fn order_at(shop: &Shop, order: &str, at: &str) -> Value {
    let query = format!(
        r#"{{ order(id: "{order}", asOf: "{at}") {{ lifecycle lines {{ title }} cost {{ total {{ decimal }} }}
            cancellation {{ state }} events(first: 3) {{ nodes {{ kind }} pageInfo {{ hasNextPage }} }} }} }}"#
    );
    shop.ask(&ada(), &query).await["data"]["order"].clone()
}

#[tokio::test]
async fn an_order_is_told_as_it_stood_with_the_events_up_to_then() {
    let shop = Shop::open().await;
    let (_, order) = shop.checkout_of(&ada()).await;
    for kind in
        ["stock.reserved.v1", "payment.authorized.v1", "shipment.created.v1", "payment.captured.v1", "stock.settled.v1"]
    {
        shop.clock.advance(TimeDelta::minutes(1));
        shop.hear(&order, kind).await;
    }
    for kind in ["shipment.dispatched.v1", "shipment.delivered.v1"] {
        shop.clock.advance(TimeDelta::hours(1));
        parcel(&shop, &order, kind).await;
    }
    assert_eq!(order_at(&shop, &order, "2026-01-05T11:59:59.999Z").await, Value::Null);
    let placed = order_at(&shop, &order, "2026-01-05T12:00:59Z").await;
    insta::assert_json_snapshot!(placed, @r#"
    {
      "cancellation": null,
      "cost": {
        "total": {
          "decimal": "25.00"
        }
      },
      "events": {
        "nodes": [
          {
            "kind": "placed"
          }
        ],
        "pageInfo": {
          "hasNextPage": false
        }
      },
      "lifecycle": "PLACED",
      "lines": [
        {
          "title": "Thing a"
        }
      ]
    }
    "#);
    let mut lives = vec![];
    for at in ["2026-01-05T12:03:59Z", "2026-01-05T12:04:00Z", "2026-01-05T14:04:59Z", "2026-01-05T14:05:00Z"] {
        lives.push(order_at(&shop, &order, at).await["lifecycle"].clone());
    }
    assert_eq!(lives, [json!("PLACED"), json!("CONFIRMED"), json!("CONFIRMED"), json!("COMPLETED")]);
}

#[tokio::test]
async fn pages_of_events_end_at_the_time_that_is_asked_for() {
    let shop = Shop::open().await;
    let (_, order) = shop.checkout_of(&ada()).await;
    for kind in ["stock.reserved.v1", "payment.authorized.v1", "shipment.created.v1", "payment.captured.v1"] {
        shop.clock.advance(TimeDelta::minutes(1));
        shop.hear(&order, kind).await;
    }
    let mut seen = vec![];
    let mut after = "null".to_owned();
    loop {
        let query = format!(
            r#"{{ order(id: "{order}", asOf: "2026-01-05T12:02:00Z") {{ events(first: 2, after: {after}) {{
                nodes {{ kind }} pageInfo {{ hasNextPage endCursor }} }} }} }}"#
        );
        let page = shop.ask_bare(&ada(), &query).await["data"]["order"]["events"].clone();
        for node in page["nodes"].as_array().expect("nodes") {
            seen.push(node["kind"].as_str().expect("a kind").to_owned());
        }
        if page["pageInfo"]["hasNextPage"] != true {
            break;
        }
        after = page["pageInfo"]["endCursor"].to_string();
    }
    assert_eq!(seen, ["placed", "stock_reserved", "payment_authorized"]);
}

#[tokio::test]
async fn a_stranger_sees_no_order_as_of_any_time() {
    let shop = Shop::open().await;
    let (_, order) = shop.checkout_of(&ada()).await;
    let query = format!(r#"{{ order(id: "{order}", asOf: "2026-01-06T00:00:00Z") {{ id }} }}"#);
    assert_eq!(shop.ask(&kit::Viewer::user("user_bob"), &query).await, json!({ "data": { "order": null } }));
}
