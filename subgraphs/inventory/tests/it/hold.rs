//! What one buyer may hold of a variant at once.

use std::sync::Arc;

use chrono::TimeDelta;
use inventory::{Commands, Settings};
use kit::messaging::MessageHandler;
use kit::testing::sent;
use serde_json::json;
use tokio::task::JoinSet;

use crate::warehouse::Warehouse;

async fn flash_sale() -> Warehouse {
    let warehouse = Warehouse::with(Settings { units_held_per_buyer: 3, ..Settings::default() }).await;
    warehouse.stock("mug-1", &[("north", 60), ("south", 40)]).await;
    warehouse.stock("bowl-1", &[("north", 2)]).await;
    warehouse
}

#[tokio::test]
async fn a_buyer_who_holds_enough_is_told_how_much_more_may_be_taken() {
    let warehouse = flash_sale().await;
    assert_eq!(warehouse.handle(&warehouse.reserve("1", &[("mug-1", 2)])).await.0, "stock.reserved.v1");
    let over = warehouse.reserve("2", &[("bowl-1", 1), ("mug-1", 2)]);
    let (kind, body) = warehouse.handle(&over).await;
    let told = json!({"orderId": "ord_2", "reason": "hold_limit",
        "shortages": [{"variantId": "var_mug-1", "requested": 2, "available": 1}]});
    assert_eq!((kind.as_str(), &body), ("stock.refused.v1", &told));
    assert_eq!(warehouse.handle(&over).await, (kind, told), "the answer to a command that comes again is the same");
    assert_eq!(warehouse.units().await, [102, 100, 2, 0]);
    assert_eq!(warehouse.handle(&warehouse.reserve("3", &[("mug-1", 1)])).await.0, "stock.reserved.v1");
    let other = warehouse.reserve_for("guest:1", "4", &[("mug-1", 3)]);
    assert_eq!(warehouse.handle(&other).await.0, "stock.reserved.v1", "one buyer's limit is no other's");
}

#[tokio::test]
async fn what_is_paid_released_or_ran_out_counts_no_more() {
    let warehouse = flash_sale().await;
    let take = async |order: &str| warehouse.handle(&warehouse.reserve(order, &[("mug-1", 3)])).await.0;
    assert_eq!(take("1").await, "stock.reserved.v1");
    assert_eq!(take("2").await, "stock.refused.v1");
    warehouse.handle(&warehouse.settle("1")).await;
    assert_eq!(take("3").await, "stock.reserved.v1");
    warehouse.handle(&warehouse.release("3")).await;
    assert_eq!(take("4").await, "stock.reserved.v1");
    warehouse.clock.advance(TimeDelta::minutes(30));
    assert_eq!(take("5").await, "stock.reserved.v1", "what has run out is not held, swept or not");
}

#[tokio::test]
async fn a_plain_shortage_is_told_before_the_limit() {
    let warehouse = flash_sale().await;
    let (_, body) = warehouse.handle(&warehouse.reserve("1", &[("bowl-1", 4), ("mug-1", 4)])).await;
    let shortages = json!([{"variantId": "var_bowl-1", "requested": 4, "available": 2}]);
    assert_eq!(body, json!({"orderId": "ord_1", "shortages": shortages}));
}

#[tokio::test]
async fn a_late_payment_is_not_held_to_the_limit() {
    let warehouse = flash_sale().await;
    warehouse.handle(&warehouse.reserve("1", &[("mug-1", 3)])).await;
    warehouse.clock.advance(TimeDelta::hours(1));
    warehouse.sweep().await;
    warehouse.handle(&warehouse.reserve("2", &[("mug-1", 3)])).await;
    assert_eq!(warehouse.handle(&warehouse.settle("1")).await.0, "stock.settled.v1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn orders_of_one_buyer_at_once_stay_within_the_limit_together() {
    let warehouse = flash_sale().await;
    let commands = Arc::new(Commands::new(warehouse.store.clone()));
    let mut racing = JoinSet::new();
    for order in 0..20 {
        let (commands, command) = (Arc::clone(&commands), warehouse.reserve(&order.to_string(), &[("mug-1", 1)]));
        racing.spawn(async move { commands.handle(&command).await });
    }
    while let Some(handled) = racing.join_next().await {
        handled.expect("no panic").expect("handled");
    }
    let held = sent(&warehouse.db).await.iter().filter(|(_, reply)| reply.kind == "stock.reserved.v1").count();
    assert_eq!(held, 3);
    assert_eq!(warehouse.units().await, [102, 99, 3, 0]);
}

#[tokio::test]
async fn without_a_limit_a_reserve_costs_nothing_more() {
    let mut costs = Vec::new();
    for settings in [Settings::default(), Settings { units_held_per_buyer: 3, ..Settings::default() }] {
        let warehouse = Warehouse::with(settings).await;
        warehouse.stock("mug-1", &[("north", 60)]).await;
        let before = warehouse.db.statements();
        Commands::new(warehouse.store.clone()).handle(&warehouse.reserve("1", &[("mug-1", 1)])).await.expect("handled");
        costs.push(warehouse.db.statements() - before);
    }
    assert_eq!(costs[0] + 1, costs[1]);
}
