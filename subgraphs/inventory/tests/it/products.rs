use async_graphql::Request;
use inventory::Products;
use kit::messaging::{Message, MessageHandler};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};

use crate::warehouse::Warehouse;

const EXAMPLE: &str = include_str!("../../../../docs/messages/catalog.products_changed.v1.json");

async fn tell(warehouse: &Warehouse, body: &Value) {
    let message = Message::new("catalog.products_changed.v1", "prod_rug", body).expect("a message");
    Products::new(warehouse.store.clone()).handle(&message).await.expect("handled");
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

#[tokio::test]
async fn what_a_product_had_before_does_not_come_back_with_older_news() {
    let warehouse = Warehouse::empty().await;
    let mut body: Value = serde_json::from_str(EXAMPLE).expect("the example is JSON");
    let variants = body["products"][0]["variants"].clone();
    body["products"][0]["version"] = json!(3);
    body["products"][0]["variants"] = json!([variants[0]]);
    tell(&warehouse, &body).await;
    body["products"][0]["version"] = json!(2);
    body["products"][0]["variants"] = variants.clone();
    tell(&warehouse, &body).await;
    warehouse.stock("rug-l", &[("north", 50)]).await;
    assert_eq!(variants_of_the_rug(&warehouse).await, [variants[0]["id"].as_str().expect("an id")]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_versions_that_replicas_take_in_at_the_same_time_the_newer_stays() {
    let example: Value = serde_json::from_str(EXAMPLE).expect("the example is JSON");
    for round in 0..20 {
        let warehouse = Warehouse::empty().await;
        let variants = &example["products"][0]["variants"];
        let taking: Vec<_> = [json!([variants[0]]), json!([variants[1]]), json!([])]
            .into_iter()
            .enumerate()
            .map(|(index, variants)| {
                let mut body = example.clone();
                body["products"][0]["version"] = json!(10 - index);
                body["products"][0]["variants"] = variants;
                let message = Message::new("catalog.products_changed.v1", "prod_rug", &body).expect("a message");
                let products = Products::new(warehouse.store.clone());
                tokio::spawn(async move { products.handle(&message).await })
            })
            .collect();
        for taken in taking {
            taken.await.expect("it lives").expect("taken in");
        }
        let newest = [variants[0]["id"].as_str().expect("an id")];
        assert_eq!(variants_of_the_rug(&warehouse).await, newest, "round {round}");
    }
}

async fn variants_of_the_rug(warehouse: &Warehouse) -> Vec<String> {
    let reader = warehouse.db.reader();
    let sql = "SELECT id FROM variant WHERE product_id = 'prod_rug' AND version > 0 ORDER BY id";
    let found = Statement::from_string(reader.get_database_backend(), sql);
    let rows = reader.query_all_raw(found).await.expect("the statement runs");
    rows.iter().map(|row| row.try_get("", "id").expect("a text")).collect()
}
