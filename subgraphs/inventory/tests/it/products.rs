use async_graphql::Request;
use inventory::Products;
use kit::message::{Consume, Message};
use serde_json::{Value, json};

use crate::warehouse::Warehouse;

const EXAMPLE: &str = include_str!("../../../../docs/messages/catalog.products_changed.v1.json");

async fn tell(warehouse: &Warehouse, body: &Value) {
    let message = Message::new("catalog.products_changed.v1", "prod_rug", body).expect("a message");
    Products::new(warehouse.store.clone()).consume(&message).await.expect("handled");
}

async fn stock_of_the_rug(warehouse: &Warehouse) -> Value {
    let query =
        r#"{ _entities(representations: [{__typename: "Product", id: "prod_rug"}]) { ... on Product { stock } } }"#;
    warehouse.ask(Request::new(query)).await["data"]["_entities"][0]["stock"].clone()
}

#[tokio::test]
async fn a_new_product_is_out_of_stock_until_something_comes() {
    let warehouse = Warehouse::empty().await;
    assert_eq!(stock_of_the_rug(&warehouse).await, Value::Null);
    tell(&warehouse, &serde_json::from_str(EXAMPLE).expect("the example is JSON")).await;
    assert_eq!(stock_of_the_rug(&warehouse).await, "OUT_OF_STOCK");
    warehouse.stock("rug-l", &[("north", 50)]).await;
    assert_eq!(stock_of_the_rug(&warehouse).await, "IN_STOCK");
}

#[tokio::test]
async fn a_product_loses_the_variants_that_the_catalog_dropped() {
    let warehouse = Warehouse::empty().await;
    warehouse.stock("rug-l", &[("north", 50)]).await;
    warehouse.stock("rug-s", &[("north", 5)]).await;
    let mut body: Value = serde_json::from_str(EXAMPLE).expect("the example is JSON");
    let (small, large) = (body["products"][0]["variants"][0].clone(), body["products"][0]["variants"][1].clone());

    body["products"][0]["version"] = json!(3);
    body["products"][0]["variants"] = json!([small]);
    tell(&warehouse, &body).await;
    assert_eq!(stock_of_the_rug(&warehouse).await, "LOW_STOCK");

    body["products"][0]["version"] = json!(2);
    body["products"][0]["variants"] = json!([large]);
    tell(&warehouse, &body).await;
    let state = stock_of_the_rug(&warehouse).await;
    assert_ne!(state, Value::Null, "what is older than what is known takes nothing away");

    body["products"][0]["version"] = json!(4);
    body["products"][0]["removed"] = json!(true);
    tell(&warehouse, &body).await;
    assert_eq!(stock_of_the_rug(&warehouse).await, Value::Null);
}
