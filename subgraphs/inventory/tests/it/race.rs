use std::sync::Arc;

use inventory::Commands;
use kit::messaging::MessageHandler;
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
        racing.spawn(async move { commands.handle(&command).await });
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
            racing.spawn(async move { commands.handle(&command).await });
        }
    }
    while let Some(handled) = racing.join_next().await {
        handled.expect("no panic").expect("handled");
    }
    assert_eq!(warehouse.units().await, [120, 120, 0, 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hot_variant_is_promised_to_the_last_unit_and_not_beyond() {
    const STOCK: i64 = 25;
    const ORDERS: usize = 100;
    let warehouse = Warehouse::empty().await;
    warehouse.stock("hot-1", &[("north", 15), ("south", 10)]).await;
    warehouse.stock("cold-1", &[("north", 500), ("south", 500)]).await;
    let commands = Arc::new(Commands::new(warehouse.store.clone()));
    let mut racing = JoinSet::new();
    for order in 0..ORDERS {
        let mut lines = [("hot-1", 1), ("cold-1", 2)];
        lines.rotate_left(order % 2);
        let (commands, command) = (Arc::clone(&commands), warehouse.reserve(&order.to_string(), &lines));
        racing.spawn(async move { commands.handle(&command).await });
    }
    while let Some(handled) = racing.join_next().await {
        handled.expect("no panic").expect("handled");
    }
    let replies = sent(&warehouse.db).await;
    let count = |kind: &str| replies.iter().filter(|(_, reply)| reply.kind == kind).count();
    let stock = usize::try_from(STOCK).expect("a few");
    assert_eq!((count("stock.reserved.v1"), count("stock.refused.v1")), (stock, ORDERS - stock));
    assert_eq!(warehouse.units().await, [STOCK + 1_000, 1_000 - 2 * STOCK, 3 * STOCK, 0]);
    let last = warehouse.told().await.pop().expect("the last units were told of");
    assert_eq!(last.body["levels"][0]["free"], 0, "{last:?}");
}

/// An import in the middle of the rush: neither waits for ever, and no unit is lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn stock_that_arrives_while_orders_race_is_counted_once() {
    let warehouse = Warehouse::empty().await;
    for variant in ["a-1", "b-1", "c-1"] {
        warehouse.stock(variant, &[("north", 20)]).await;
    }
    let commands = Arc::new(Commands::new(warehouse.store.clone()));
    let mut racing = JoinSet::new();
    for order in 0..40 {
        let mut lines = [("a-1", 1), ("b-1", 1), ("c-1", 1)];
        lines.rotate_left(order % 3);
        let (commands, command) = (Arc::clone(&commands), warehouse.reserve(&order.to_string(), &lines));
        racing.spawn(async move { commands.handle(&command).await });
    }
    for units in 1..=10 {
        for variant in ["c-1", "a-1", "b-1"] {
            warehouse.stock(variant, &[("north", 20 + units), ("south", units)]).await;
        }
    }
    while let Some(handled) = racing.join_next().await {
        handled.expect("no panic").expect("handled");
    }
    let replies = sent(&warehouse.db).await;
    let reserved = replies.iter().filter(|(_, reply)| reply.kind == "stock.reserved.v1").count();
    let held = 3 * i64::try_from(reserved).expect("a few");
    assert_eq!(warehouse.units().await, [120, 120 - held, held, 0]);
}
