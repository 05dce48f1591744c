use inventory::Commands;
use kit::messaging::{Message, MessageHandler};
use kit::testing::sent;
use serde_json::{Value, json};

use crate::warehouse::Warehouse;

fn example(kind: &str) -> Value {
    let text = match kind {
        "stock.reserve.v1" => include_str!("../../../../docs/messages/stock.reserve.v1.json"),
        "stock.release.v1" => include_str!("../../../../docs/messages/stock.release.v1.json"),
        "stock.return.v1" => include_str!("../../../../docs/messages/stock.return.v1.json"),
        "stock.returned.v1" => include_str!("../../../../docs/messages/stock.returned.v1.json"),
        "stock.settle.v1" => include_str!("../../../../docs/messages/stock.settle.v1.json"),
        "stock.reserved.v1" => include_str!("../../../../docs/messages/stock.reserved.v1.json"),
        "stock.refused.v1" => include_str!("../../../../docs/messages/stock.refused.v1.json"),
        "stock.released.v1" => include_str!("../../../../docs/messages/stock.released.v1.json"),
        "stock.settled.v1" => include_str!("../../../../docs/messages/stock.settled.v1.json"),
        other => panic!("no example of {other}"),
    };
    serde_json::from_str(text).expect("an example is JSON")
}

/// The names of all fields, nested ones too: the shape of a body.
fn shape(body: &Value) -> Value {
    match body {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), shape(value))).collect(),
        Value::Array(items) => items.first().map(shape).into_iter().collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Value::Null,
    }
}

#[tokio::test]
async fn the_examples_are_understood_and_answered_as_the_examples_show() {
    let warehouse = Warehouse::empty().await;
    let reserve = example("stock.reserve.v1");
    let handle = async |kind: &str| {
        let command = Message::new(kind, "order", &example(kind)).expect("a message");
        let (kind, body) = warehouse.handle(&command).await;
        assert_eq!(shape(&body), shape(&example(&kind)), "{kind}");
        kind
    };
    for line in reserve["lines"].as_array().expect("lines") {
        let variant = line["variantId"].as_str().expect("an id").trim_start_matches("var_").to_owned();
        warehouse.stock(&variant, &[("north", 100)]).await;
    }
    assert_eq!(handle("stock.reserve.v1").await, "stock.reserved.v1");
    assert_eq!(handle("stock.settle.v1").await, "stock.settled.v1");
    assert_eq!(handle("stock.return.v1").await, "stock.returned.v1");

    let elsewhere = Warehouse::empty().await;
    let command = Message::new("stock.reserve.v1", "order", &reserve).expect("a message");
    let (kind, body) = elsewhere.handle(&command).await;
    assert_eq!((kind.as_str(), shape(&body)), ("stock.refused.v1", shape(&example("stock.refused.v1"))));
    let command = Message::new("stock.release.v1", "order", &example("stock.release.v1")).expect("a message");
    let (kind, body) = elsewhere.handle(&command).await;
    assert_eq!((kind.as_str(), shape(&body)), ("stock.released.v1", shape(&example("stock.released.v1"))));
}

#[tokio::test]
async fn an_order_gets_all_that_it_wants_or_nothing() {
    let warehouse = Warehouse::empty().await;
    warehouse.stock("mug-1", &[("north", 3), ("south", 2)]).await;
    warehouse.stock("bowl-1", &[("north", 1)]).await;
    let refused = warehouse.handle(&warehouse.reserve("1", &[("mug-1", 2), ("bowl-1", 2), ("spoon-1", 1)])).await;
    assert_eq!(
        refused,
        (
            "stock.refused.v1".to_owned(),
            json!({"orderId": "ord_1", "shortages": [
                {"variantId": "var_bowl-1", "requested": 2, "available": 1},
                {"variantId": "var_spoon-1", "requested": 1, "available": 0},
            ]})
        )
    );
    assert_eq!(warehouse.units().await, [6, 6, 0, 0]);
    let reserved = warehouse.handle(&warehouse.reserve("2", &[("mug-1", 4), ("bowl-1", 1)])).await;
    assert_eq!(reserved, ("stock.reserved.v1".to_owned(), json!({"orderId": "ord_2"})));
    assert_eq!(warehouse.units().await, [6, 1, 5, 0]);
}

#[tokio::test]
async fn two_lines_of_one_variant_are_checked_together() {
    let warehouse = Warehouse::empty().await;
    warehouse.stock("mug-1", &[("north", 3)]).await;
    let (kind, body) = warehouse.handle(&warehouse.reserve("1", &[("mug-1", 2), ("mug-1", 2)])).await;
    assert_eq!(kind, "stock.refused.v1");
    assert_eq!(body["shortages"], json!([{"variantId": "var_mug-1", "requested": 4, "available": 3}]));
}

#[tokio::test]
async fn a_command_that_comes_again_is_answered_again_and_does_nothing() {
    let warehouse = Warehouse::empty().await;
    warehouse.stock("mug-1", &[("north", 5)]).await;
    for (command, answer, units) in [
        (warehouse.reserve("1", &[("mug-1", 2)]), "stock.reserved.v1", [5, 3, 2, 0]),
        (warehouse.settle("1"), "stock.settled.v1", [5, 3, 0, 2]),
        (warehouse.reserve("2", &[("mug-1", 3)]), "stock.reserved.v1", [5, 0, 3, 2]),
        (warehouse.release("2"), "stock.released.v1", [5, 3, 0, 2]),
        (warehouse.reserve("3", &[("mug-1", 9)]), "stock.refused.v1", [5, 3, 0, 2]),
    ] {
        let mut replies = Vec::new();
        for _ in 0..3 {
            assert_eq!(warehouse.handle(&command).await.0, answer);
            assert_eq!(warehouse.units().await, units);
            replies.push(sent(&warehouse.db).await.pop().expect("an answer").1);
        }
        assert!(replies.iter().all(|reply| *reply == replies[0]), "one answer, under one id");
    }
}

#[tokio::test]
async fn a_release_that_comes_first_refuses_the_reserve() {
    let warehouse = Warehouse::empty().await;
    warehouse.stock("mug-1", &[("north", 5)]).await;
    assert_eq!(warehouse.handle(&warehouse.release("1")).await.0, "stock.released.v1");
    let refused = warehouse.handle(&warehouse.reserve("1", &[("mug-1", 1)])).await;
    assert_eq!(refused, ("stock.refused.v1".to_owned(), json!({"orderId": "ord_1", "shortages": []})));
    assert_eq!(warehouse.units().await, [5, 5, 0, 0]);
}

#[tokio::test]
async fn what_is_sold_is_not_released() {
    let warehouse = Warehouse::empty().await;
    warehouse.stock("mug-1", &[("north", 5)]).await;
    warehouse.handle(&warehouse.reserve("1", &[("mug-1", 1)])).await;
    warehouse.handle(&warehouse.settle("1")).await;
    assert_eq!(warehouse.handle(&warehouse.release("1")).await.0, "stock.settled.v1");
    assert_eq!(warehouse.units().await, [5, 4, 0, 1]);
}

#[tokio::test]
async fn what_was_never_reserved_cannot_be_sold() {
    let warehouse = Warehouse::empty().await;
    let refused = warehouse.handle(&warehouse.settle("1")).await;
    assert_eq!(refused, ("stock.refused.v1".to_owned(), json!({"orderId": "ord_1", "shortages": []})));
}

#[tokio::test]
async fn a_command_that_makes_no_sense_is_not_acknowledged() {
    let warehouse = Warehouse::empty().await;
    let commands = Commands::new(warehouse.store.clone());
    for (kind, body) in [
        ("stock.explode.v1", json!({"orderId": "ord_1"})),
        ("stock.release.v1", json!({"orderId": "prod_1"})),
        (
            "stock.reserve.v1",
            json!({"orderId": "ord_1", "owner": "user:1", "lines": [], "expiresAt": warehouse.in_minutes(1)}),
        ),
        (
            "stock.reserve.v1",
            json!({"orderId": "ord_1", "owner": "user:1", "expiresAt": warehouse.in_minutes(1),
            "lines": [{"variantId": "var_mug-1", "quantity": -1}]}),
        ),
    ] {
        let message = Message::new(kind, "ord_1", &body).expect("a message");
        assert!(commands.handle(&message).await.is_err(), "{kind}: {body}");
    }
    assert_eq!(sent(&warehouse.db).await, []);
}
