use async_graphql::{Request, Variables};
use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::warehouse::Warehouse;

fn references(representations: Value) -> Request {
    let query = r#"query ($of: [_Any!]!) {
        _entities(representations: $of) {
            ... on ProductVariant { id availability { state quantity maxPerOrder asOf } }
            ... on Product { id stock }
        }
    }"#;
    Request::new(query).variables(Variables::from_json(json!({ "of": representations })))
}

#[tokio::test]
async fn a_variant_says_how_much_of_it_can_be_bought() {
    let warehouse = Warehouse::empty().await;
    warehouse.stock("mug-1", &[("north", 30), ("south", 12)]).await;
    warehouse.stock("mug-2", &[("north", 3), ("south", 1)]).await;
    warehouse.stock("bowl-1", &[("north", 2)]).await;
    warehouse.stock("spoon-1", &[("north", 0)]).await;
    warehouse.handle(&warehouse.reserve("1", &[("bowl-1", 2)])).await;
    let answer = warehouse
        .ask(references(json!([
            {"__typename": "ProductVariant", "id": "var_mug-1"},
            {"__typename": "ProductVariant", "id": "var_mug-2"},
            {"__typename": "ProductVariant", "id": "var_bowl-1"},
            {"__typename": "ProductVariant", "id": "var_spoon-1"},
            {"__typename": "ProductVariant", "id": "var_unheard-of"},
            {"__typename": "ProductVariant", "id": "prod_mug"},
            {"__typename": "Product", "id": "prod_mug"},
            {"__typename": "Product", "id": "prod_bowl"},
            {"__typename": "Product", "id": "prod_unheard-of"},
        ])))
        .await;
    assert_json_snapshot!(answer, @r#"
    {
      "data": {
        "_entities": [
          {
            "availability": {
              "asOf": "2026-01-05T12:00:00+00:00",
              "maxPerOrder": 10,
              "quantity": null,
              "state": "IN_STOCK"
            },
            "id": "var_mug-1"
          },
          {
            "availability": {
              "asOf": "2026-01-05T12:00:00+00:00",
              "maxPerOrder": 4,
              "quantity": 4,
              "state": "LOW_STOCK"
            },
            "id": "var_mug-2"
          },
          {
            "availability": {
              "asOf": "2026-01-05T12:00:00+00:00",
              "maxPerOrder": 0,
              "quantity": 0,
              "state": "OUT_OF_STOCK"
            },
            "id": "var_bowl-1"
          },
          {
            "availability": {
              "asOf": "2026-01-05T12:00:00+00:00",
              "maxPerOrder": 0,
              "quantity": 0,
              "state": "OUT_OF_STOCK"
            },
            "id": "var_spoon-1"
          },
          {
            "availability": null,
            "id": "var_unheard-of"
          },
          null,
          {
            "id": "prod_mug",
            "stock": "IN_STOCK"
          },
          {
            "id": "prod_bowl",
            "stock": "OUT_OF_STOCK"
          },
          {
            "id": "prod_unheard-of",
            "stock": null
          }
        ]
      }
    }
    "#);
}

#[tokio::test]
async fn a_listing_of_many_costs_the_statements_of_one() {
    let warehouse = Warehouse::empty().await;
    for number in 0..15 {
        warehouse.stock(&format!("p{number}-1"), &[("north", number), ("south", 1)]).await;
    }
    let mut costs = Vec::new();
    for many in [1, 15] {
        let products = (0..many).map(|number| json!({"__typename": "Product", "id": format!("prod_p{number}")}));
        let variants =
            (0..many).map(|number| json!({"__typename": "ProductVariant", "id": format!("var_p{number}-1")}));
        let request = references(products.chain(variants).collect());
        let before = warehouse.db.statements();
        let answer = warehouse.ask(request).await;
        assert_eq!(answer.get("errors"), None);
        costs.push(warehouse.db.statements() - before);
    }
    assert_eq!(costs, [2, 2]);
}
