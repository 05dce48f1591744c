//! Commands that waited together and are carried out at once.

use std::sync::Arc;

use chrono::TimeDelta;
use inventory::{Commands, Settings};
use kit::messaging::{Message, MessageHandler};
use kit::testing::sent;
use tokio::task::JoinSet;

use crate::warehouse::Warehouse;

/// Carries out commands at once, and gives what each is answered.
async fn at_once(warehouse: &Warehouse, commands: &[Message]) -> Vec<String> {
    let answers = async || sent(&warehouse.db).await.into_iter().filter(|(stream, _)| stream == "orders.replies");
    let before = answers().await.count();
    let handled = Commands::new(warehouse.store.clone()).handle_batch(commands).await;
    assert!(handled.expect("carried out"), "all at once");
    answers().await.skip(before).map(|(_, reply)| format!("{} {}", reply.key, reply.kind)).collect()
}

#[tokio::test]
async fn twenty_commands_cost_the_statements_of_one() {
    let warehouse = Warehouse::with(Settings { units_held_per_buyer: 100, ..Settings::default() }).await;
    let variants: Vec<String> = (0..20).map(|number| format!("mug-{number}")).collect();
    for variant in &variants {
        warehouse.stock(variant, &[("north", 100)]).await;
    }
    let commands = Commands::new(warehouse.store.clone());
    let mut costs = Vec::new();
    for orders in [0..1, 1..21] {
        let of_each = |command: &dyn Fn(usize) -> Message| orders.clone().map(command).collect::<Vec<_>>();
        for asked in [
            of_each(&|order| warehouse.reserve(&order.to_string(), &[(&variants[order % 20], 1), ("mug-0", 1)])),
            of_each(&|order| warehouse.settle(&order.to_string())),
            of_each(&|order| warehouse.put_back(&order.to_string())),
        ] {
            let before = warehouse.db.statements();
            assert!(commands.handle_batch(&asked).await.expect("carried out"));
            costs.push(warehouse.db.statements() - before);
        }
    }
    assert_eq!(costs, [8, 7, 8, 8, 7, 8]);
    assert_eq!(warehouse.units().await, [2_000, 2_000, 0, 0]);
}

#[tokio::test]
async fn of_a_hot_variant_those_who_came_first_get_the_last_units() {
    let warehouse = Warehouse::empty().await;
    warehouse.stock("hot-1", &[("north", 2), ("south", 1)]).await;
    warehouse.stock("cold-1", &[("north", 50)]).await;
    let reserve = |order: &str| warehouse.reserve(order, &[("cold-1", 1), ("hot-1", 1)]);
    let too_much = warehouse.reserve("0", &[("hot-1", 4)]);
    let answers = at_once(&warehouse, &[too_much, reserve("4"), reserve("3"), reserve("2"), reserve("1")]).await;
    let expected = [
        "ord_0 stock.refused.v1",
        "ord_4 stock.reserved.v1",
        "ord_3 stock.reserved.v1",
        "ord_2 stock.reserved.v1",
        "ord_1 stock.refused.v1",
    ];
    assert_eq!(answers, expected);
    assert_eq!(warehouse.units().await, [53, 47, 6, 0]);
    let told = warehouse.told().await.pop().expect("the last units were told of");
    assert_eq!(
        (&told.body["levels"][0]["variantId"], &told.body["levels"][0]["free"]),
        (&"var_hot-1".into(), &0.into())
    );
}

#[tokio::test]
async fn units_that_come_free_are_there_for_whoever_comes_after() {
    let warehouse = Warehouse::with(Settings { units_held_per_buyer: 2, ..Settings::default() }).await;
    warehouse.stock("mug-1", &[("north", 2)]).await;
    let reserve = |order: &str| warehouse.reserve(order, &[("mug-1", 2)]);
    at_once(&warehouse, &[reserve("1")]).await;
    let answers = at_once(&warehouse, &[reserve("2"), warehouse.release("1"), reserve("3")]).await;
    assert_eq!(answers, ["ord_2 stock.refused.v1", "ord_1 stock.released.v1", "ord_3 stock.reserved.v1"]);
    assert_eq!(warehouse.units().await, [2, 0, 2, 0]);
}

#[tokio::test]
async fn commands_of_one_order_are_carried_out_one_after_the_other() {
    let warehouse = Warehouse::empty().await;
    warehouse.stock("mug-1", &[("north", 5)]).await;
    let reserve = |order: &str| warehouse.reserve(order, &[("mug-1", 2)]);
    let all = [
        reserve("1"),
        warehouse.settle("2"),
        reserve("1"),
        warehouse.settle("1"),
        warehouse.release("1"),
        warehouse.put_back("1"),
        warehouse.release("2"),
        reserve("2"),
        reserve("3"),
    ];
    let expected = [
        "ord_1 stock.reserved.v1",
        "ord_2 stock.refused.v1",
        "ord_1 stock.reserved.v1",
        "ord_1 stock.settled.v1",
        "ord_1 stock.settled.v1",
        "ord_1 stock.returned.v1",
        "ord_2 stock.released.v1",
        "ord_2 stock.refused.v1",
        "ord_3 stock.reserved.v1",
    ];
    assert_eq!(at_once(&warehouse, &all).await, expected);
    assert_eq!(warehouse.units().await, [5, 3, 2, 0]);
}

#[tokio::test]
async fn late_payments_share_what_is_left() {
    let warehouse = Warehouse::empty().await;
    warehouse.stock("mug-1", &[("north", 3), ("south", 3)]).await;
    let orders = ["1", "2", "3"];
    at_once(&warehouse, &orders.map(|order| warehouse.reserve(order, &[("mug-1", 2)]))).await;
    warehouse.clock.advance(TimeDelta::hours(1));
    assert_eq!(warehouse.sweep().await, 3);
    at_once(&warehouse, &[warehouse.reserve("4", &[("mug-1", 1)])]).await;
    let answers = at_once(&warehouse, &orders.map(|order| warehouse.settle(order))).await;
    assert_eq!(answers, ["ord_1 stock.settled.v1", "ord_2 stock.settled.v1", "ord_3 stock.refused.v1"]);
    assert_eq!(warehouse.units().await, [6, 1, 1, 4]);
}

#[tokio::test]
async fn a_command_that_makes_no_sense_leaves_the_others_to_be_carried_out_alone() {
    let warehouse = Warehouse::empty().await;
    warehouse.stock("mug-1", &[("north", 5)]).await;
    let nonsense =
        Message::new("stock.explode.v1", "ord_2", &serde_json::json!({"orderId": "ord_2"})).expect("a message");
    let commands = Commands::new(warehouse.store.clone());
    let reserve = warehouse.reserve("1", &[("mug-1", 2)]);
    assert!(commands.handle_batch(&[reserve.clone(), nonsense]).await.is_err());
    assert_eq!(sent(&warehouse.db).await.len(), warehouse.told().await.len(), "nobody was answered");
    assert_eq!(warehouse.handle(&reserve).await.0, "stock.reserved.v1");
    assert_eq!(warehouse.units().await, [5, 3, 2, 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn replicas_that_carry_out_the_same_at_once_promise_it_once() {
    let warehouse = Warehouse::empty().await;
    for variant in ["a-1", "b-1"] {
        warehouse.stock(variant, &[("north", 20), ("south", 10)]).await;
    }
    let commands = Arc::new(Commands::new(warehouse.store.clone()));
    let mut racing = JoinSet::new();
    for replica in 0..4 {
        let mut lines = [("a-1", 1), ("b-1", 1)];
        lines.rotate_left(replica % 2);
        let mut asked: Vec<Message> = (0..40).map(|order| warehouse.reserve(&order.to_string(), &lines)).collect();
        asked.rotate_left(replica * 10);
        let commands = Arc::clone(&commands);
        racing.spawn(async move { commands.handle_batch(&asked).await });
    }
    while let Some(handled) = racing.join_next().await {
        assert!(handled.expect("no panic").expect("carried out"));
    }
    assert_eq!(warehouse.units().await, [60, 0, 60, 0]);
    let replies = sent(&warehouse.db).await;
    let reserved = replies.iter().filter(|(_, reply)| reply.kind == "stock.reserved.v1").count();
    assert_eq!(reserved, 4 * 30, "each replica gives the same answers");
}
