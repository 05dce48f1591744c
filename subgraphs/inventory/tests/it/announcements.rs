//! What others are told of free units.

use chrono::TimeDelta;
use inventory::Commands;
use inventory::import::StockLine;
use kit::messaging::{Message, MessageHandler};
use serde_json::{Value, json};

use crate::warehouse::Warehouse;

fn levels(message: &Message) -> Vec<(String, i64, i64)> {
    assert_eq!(message.kind, "stock.changed.v1");
    let level = |level: &Value| {
        let number = |name: &str| level[name].as_i64().expect("a number");
        (level["variantId"].as_str().expect("an id").to_owned(), number("free"), number("version"))
    };
    message.body["levels"].as_array().expect("levels").iter().map(level).collect()
}

#[tokio::test]
async fn an_import_tells_of_all_its_variants() {
    let warehouse = Warehouse::empty().await;
    warehouse.stock("mug-1", &[("north", 30), ("south", 12)]).await;
    warehouse.stock("mug-1", &[("north", 30), ("south", 12)]).await;
    warehouse.stock("mug-1", &[("north", 31), ("south", 12)]).await;
    let told = warehouse.told().await;
    let example: Value =
        serde_json::from_str(include_str!("../../../../docs/messages/stock.changed.v1.json")).expect("JSON");
    let fields = |value: &Value| value["levels"][0].as_object().expect("a level").keys().cloned().collect::<Vec<_>>();
    assert_eq!(fields(&told[0].body), fields(&example));
    let said: Vec<_> = told.iter().flat_map(levels).collect();
    let mug = |free, version| ("var_mug-1".to_owned(), free, version);
    assert_eq!(said, [mug(42, 2), mug(42, 2), mug(43, 3)]);
    assert_eq!(told[0].id, told[1].id, "the same news is the same message");
    assert_ne!(told[1].id, told[2].id);
}

#[tokio::test]
async fn a_large_import_tells_in_few_messages() {
    let warehouse = Warehouse::empty().await;
    let line = |number: i64| StockLine {
        product: format!("p{number}"),
        variant: format!("p{number}-1"),
        units: [("north".to_owned(), number)].into(),
    };
    let lines: Vec<StockLine> = (0..650).map(line).collect();
    warehouse.store.import_stock(&lines).await.expect("landed");
    let sizes: Vec<usize> = warehouse.told().await.iter().map(|told| levels(told).len()).collect();
    assert_eq!(sizes, [300, 300, 50]);
}

#[tokio::test]
async fn every_change_is_told_while_little_is_free() {
    let warehouse = Warehouse::empty().await;
    warehouse.stock("mug-1", &[("north", 8), ("south", 4)]).await;
    let so_far = warehouse.told().await.len();
    warehouse.handle(&warehouse.reserve("1", &[("mug-1", 2)])).await;
    assert_eq!(warehouse.told().await.len(), so_far, "ten are free");
    warehouse.handle(&warehouse.reserve("2", &[("mug-1", 9)])).await;
    warehouse.handle(&warehouse.settle("2")).await;
    warehouse.handle(&warehouse.put_back("2")).await;
    warehouse.handle(&warehouse.release("1")).await;
    warehouse.handle(&warehouse.reserve("3", &[("mug-1", 12)])).await;
    warehouse.clock.advance(TimeDelta::hours(1));
    warehouse.sweep().await;
    warehouse.handle(&warehouse.settle("3")).await;
    let told: Vec<_> = warehouse.told().await[so_far..].iter().flat_map(levels).collect();
    let free: Vec<i64> = told.iter().map(|(_, free, _)| *free).collect();
    assert_eq!(free, [1, 10, 0, 12, 0], "reserved, put back, reserved, ran out, sold at last");
    assert!(told.windows(2).all(|pair| pair[0].2 < pair[1].2), "each newer than the one before: {told:?}");
}

#[tokio::test]
async fn a_command_that_changes_nothing_tells_nothing() {
    let warehouse = Warehouse::empty().await;
    warehouse.stock("mug-1", &[("north", 3)]).await;
    warehouse.handle(&warehouse.reserve("1", &[("mug-1", 2)])).await;
    let so_far = warehouse.told().await.len();
    warehouse.handle(&warehouse.reserve("1", &[("mug-1", 2)])).await;
    warehouse.handle(&warehouse.reserve("2", &[("mug-1", 2)])).await;
    warehouse.handle(&warehouse.settle("1")).await;
    assert_eq!(warehouse.told().await.len(), so_far);
}

#[tokio::test]
async fn telling_costs_a_statement_only_when_little_is_free() {
    let warehouse = Warehouse::empty().await;
    warehouse.stock("mug-1", &[("north", 100)]).await;
    warehouse.stock("bowl-1", &[("north", 10)]).await;
    let commands = Commands::new(warehouse.store.clone());
    let mut costs = Vec::new();
    for (order, variant) in [("1", "mug-1"), ("2", "bowl-1")] {
        let before = warehouse.db.statements();
        commands.handle(&warehouse.reserve(order, &[(variant, 1)])).await.expect("handled");
        costs.push(warehouse.db.statements() - before);
    }
    assert_eq!(costs[0] + 1, costs[1]);
}

#[tokio::test]
async fn a_message_is_about_the_variants_it_names() {
    let warehouse = Warehouse::empty().await;
    warehouse.stock("mug-1", &[("north", 3)]).await;
    let told = warehouse.told().await;
    assert_eq!(told[0].key, "var_mug-1");
    assert_eq!(told[0].body, json!({"levels": [{"variantId": "var_mug-1", "free": 3, "version": 1}]}));
}
