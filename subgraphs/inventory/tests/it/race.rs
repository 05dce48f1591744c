use std::sync::Arc;

use inventory::Commands;
use kit::message::Consume;
use kit::testing::sent;
use tokio::task::JoinSet;

use crate::warehouse::Warehouse;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_orders_race_for_ten_units_and_ten_get_one() {
    let warehouse = Warehouse::empty().await;
    warehouse.stock("mug-1", &[("north", 6), ("south", 4)]).await;
    let commands = Arc::new(Commands::new(warehouse.store.clone()));
    let mut racing = JoinSet::new();
    for order in 0..50 {
        let (commands, command) = (Arc::clone(&commands), warehouse.reserve(&order.to_string(), &[("mug-1", 1)]));
        racing.spawn(async move { commands.consume(&command).await });
    }
    while let Some(handled) = racing.join_next().await {
        handled.expect("no panic").expect("handled");
    }
    let replies = sent(&warehouse.db).await;
    let count = |kind: &str| replies.iter().filter(|(_, reply)| reply.kind == kind).count();
    assert_eq!((count("stock.reserved.v1"), count("stock.refused.v1")), (10, 40));
    assert_eq!(warehouse.units().await, [10, 0, 10, 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn orders_that_want_the_same_things_in_another_order_never_block_each_other() {
    let warehouse = Warehouse::empty().await;
    for variant in ["a-1", "b-1", "c-1"] {
        warehouse.stock(variant, &[("north", 20), ("south", 20)]).await;
    }
    let commands = Arc::new(Commands::new(warehouse.store.clone()));
    let mut racing = JoinSet::new();
    for order in 0..30 {
        let mut lines = [("a-1", 1), ("b-1", 1), ("c-1", 1)];
        lines.rotate_left(order % 3);
        let order = order.to_string();
        let steps = [warehouse.reserve(&order, &lines), warehouse.reserve(&order, &lines), warehouse.release(&order)];
        for command in steps {
            let commands = Arc::clone(&commands);
            racing.spawn(async move { commands.consume(&command).await });
        }
    }
    while let Some(handled) = racing.join_next().await {
        handled.expect("no panic").expect("handled");
    }
    assert_eq!(warehouse.units().await, [120, 120, 0, 0]);
}
