use async_graphql::{Request, Variables};
use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::shop::{Shop, rug};

fn entities(representations: Value) -> Request {
    let query = r#"query ($representations: [_Any!]!) {
        _entities(representations: $representations) {
            __typename
            ... on Product { title }
            ... on ProductVariant { sku product { title } }
            ... on Category { name }
        }
    }"#;
    Request::new(query).variables(Variables::from_json(json!({ "representations": representations })))
}

#[tokio::test]
async fn references_are_resolved_and_strangers_are_null() {
    let shop = Shop::with_shelves().await;
    shop.stock(&[rug()]).await;
    let representations = json!([
        {"__typename": "Product", "id": "prod_rug"},
        {"__typename": "Product", "id": "prod_nothing"},
        {"__typename": "ProductVariant", "id": "var_rug-l"},
        {"__typename": "ProductVariant", "id": "prod_rug"},
        {"__typename": "Category", "id": "cat_home-rugs"},
    ]);
    assert_json_snapshot!(shop.ask(entities(representations)).await, @r#"
    {
      "data": {
        "_entities": [
          {
            "__typename": "Product",
            "title": "Woven rug"
          },
          null,
          {
            "__typename": "ProductVariant",
            "product": {
              "title": "Woven rug"
            },
            "sku": "RUG-L"
          },
          null,
          {
            "__typename": "Category",
            "name": "Rugs"
          }
        ]
      }
    }
    "#);
}

#[tokio::test]
async fn a_broken_database_costs_its_entities_and_nothing_is_shown_of_it() {
    let shop = Shop::with_shelves().await;
    use kit::Db;
    use sea_orm::ConnectionTrait;
    let db: &Db = &shop.db;
    db.raw().execute_unprepared("DROP TABLE product").await.expect("dropped");
    let answer = shop
        .ask(entities(json!([
            {"__typename": "Product", "id": "prod_rug"},
            {"__typename": "Category", "id": "cat_home"},
        ])))
        .await;
    assert_eq!(answer["data"]["_entities"], json!([null, {"__typename": "Category", "name": "Home"}]));
    assert_eq!(answer["errors"][0]["extensions"]["code"], "INTERNAL");
    assert_eq!(answer["errors"][0]["path"], json!(["_entities"]), "a client sees which part is missing");
    assert!(!answer.to_string().contains("no such table"));
}
