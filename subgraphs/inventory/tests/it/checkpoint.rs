//! The ledger is added up as it grows, and checked every day from there on.

use chrono::TimeDelta;
use inventory::{Conservation, Settings};
use kit::messaging::Message;
use sea_orm::{ConnectionTrait, DbBackend, Statement};

use crate::conservation::{tamper, unlock_the_ledger};
use crate::warehouse::Warehouse;

async fn sell(warehouse: &Warehouse, order: &str, units: i64) {
    warehouse.handle(&warehouse.reserve(order, &[("mug-1", units)])).await;
    warehouse.handle(&warehouse.settle(order)).await;
}

/// Whether anything was added up.
async fn add_up(warehouse: &Warehouse) -> bool {
    warehouse.store.take_checkpoint().await.expect("the database works") > 0
}

async fn every_day(warehouse: &Warehouse) -> Conservation {
    warehouse.store.conservation().await.expect("the database works")
}

async fn audit(warehouse: &Warehouse) -> Conservation {
    warehouse.store.audit().await.expect("the database works")
}

fn later(warehouse: &Warehouse) {
    warehouse.clock.advance(TimeDelta::hours(2));
}

async fn rows(warehouse: &Warehouse, of: &str) -> i64 {
    let reader = warehouse.db.reader();
    let count = format!("SELECT CAST(COUNT(*) AS bigint) AS found FROM {of}");
    let statement = Statement::from_string(reader.get_database_backend(), count);
    let row = reader.query_one_raw(statement).await.expect("the statement runs").expect("a row");
    row.try_get("", "found").expect("a number")
}

#[tokio::test]
async fn what_was_added_up_is_not_looked_at_again_and_still_counts() {
    let warehouse = Warehouse::empty().await;
    warehouse.stock("mug-1", &[("north", 9), ("south", 2)]).await;
    warehouse.stock("bowl-1", &[("north", 7)]).await;
    sell(&warehouse, "1", 3).await;
    assert_eq!((every_day(&warehouse).await.variants, audit(&warehouse).await.variants), (2, 2));
    later(&warehouse);
    assert!(add_up(&warehouse).await);
    assert_eq!((every_day(&warehouse).await.variants, audit(&warehouse).await.variants), (0, 2));
    assert_eq!(warehouse.units().await, [18, 15, 0, 3]);
    sell(&warehouse, "2", 4).await;
    warehouse.handle(&warehouse.put_back("1")).await;
    assert_eq!(every_day(&warehouse).await.variants, 1);
    assert_eq!(warehouse.units().await, [18, 14, 0, 4]);
    later(&warehouse);
    assert!(add_up(&warehouse).await);
    assert!(!add_up(&warehouse).await, "no time has passed");
    assert_eq!((every_day(&warehouse).await.variants, warehouse.units().await), (0, [18, 14, 0, 4]));
}

#[tokio::test]
async fn an_entry_that_is_not_safely_old_is_not_added_up() {
    let warehouse = Warehouse::empty().await;
    warehouse.stock("mug-1", &[("north", 9)]).await;
    warehouse.clock.advance(TimeDelta::minutes(59));
    add_up(&warehouse).await;
    assert_eq!(rows(&warehouse, "stock_level_checkpoint").await, 0);
    warehouse.clock.advance(TimeDelta::minutes(1));
    add_up(&warehouse).await;
    assert_eq!(rows(&warehouse, "stock_level_checkpoint").await, 1);
}

/// On Postgres an entry with a smaller key may be committed after a greater one was added up.
#[tokio::test]
async fn an_entry_that_is_committed_late_counts_whatever_was_added_up_before() {
    let warehouse = Warehouse::empty().await;
    if warehouse.db.reader().get_database_backend() != DbBackend::Postgres {
        return assert_eq!(warehouse.db.reader().get_database_backend(), DbBackend::Sqlite, "it has one writer");
    }
    warehouse.stock("mug-1", &[("north", 9)]).await;
    warehouse.stock("bowl-1", &[("north", 5)]).await;
    later(&warehouse);
    let late = warehouse.reserve("late", &[("bowl-1", 2)]);
    let at = warehouse.clock.now().to_rfc3339();
    let txn = warehouse.db.begin().await.expect("the database works");
    let entry = format!(
        "INSERT INTO stock_entry (variant_id, location_id, order_id, kind, units, at)
         VALUES ('var_bowl-1', 'loc_north', 'ord_late', 'RECEIVED', 2, '{at}')"
    );
    txn.execute_unprepared(&entry).await.expect("the statement is sound");
    sell(&warehouse, "1", 3).await;
    assert!(add_up(&warehouse).await, "the imports");
    let more = "UPDATE stock_level SET received = received + 2, on_hand = on_hand + 2 WHERE variant_id = 'var_bowl-1'";
    txn.execute_unprepared(more).await.expect("the statement is sound");
    txn.commit().await.expect("the database works");
    assert_eq!(warehouse.units().await, [16, 13, 0, 3]);
    later(&warehouse);
    assert!(add_up(&warehouse).await);
    assert_eq!(warehouse.units().await, [16, 13, 0, 3]);
    assert_eq!(late.kind, "stock.reserve.v1");
}

#[tokio::test]
async fn what_was_tampered_with_is_found_every_day_while_it_is_new_and_by_an_audit_ever_after() {
    let warehouse = Warehouse::empty().await;
    warehouse.stock("mug-1", &[("north", 9)]).await;
    later(&warehouse);
    add_up(&warehouse).await;
    sell(&warehouse, "1", 3).await;
    unlock_the_ledger(&warehouse).await;
    tamper(&warehouse, "DELETE FROM stock_entry WHERE kind = 'SOLD'").await;
    assert!(!every_day(&warehouse).await.holds() && !audit(&warehouse).await.holds());
    later(&warehouse);
    for _ in 0..2 {
        add_up(&warehouse).await;
        assert_eq!(every_day(&warehouse).await.wrong, 1, "what was wrong when it was added up stays in sight");
        later(&warehouse);
    }
    let warehouse = Warehouse::empty().await;
    warehouse.stock("mug-1", &[("north", 9)]).await;
    sell(&warehouse, "1", 3).await;
    later(&warehouse);
    add_up(&warehouse).await;
    unlock_the_ledger(&warehouse).await;
    tamper(&warehouse, "DELETE FROM stock_entry WHERE kind = 'SOLD'").await;
    assert!(every_day(&warehouse).await.holds(), "it believes the sums");
    assert!(!audit(&warehouse).await.holds());
}

#[tokio::test]
async fn a_level_that_adds_up_again_is_out_of_sight_again() {
    let warehouse = Warehouse::empty().await;
    warehouse.stock("mug-1", &[("north", 9)]).await;
    tamper(&warehouse, "UPDATE stock_level SET received = received + 1, on_hand = on_hand + 1").await;
    later(&warehouse);
    add_up(&warehouse).await;
    assert_eq!(every_day(&warehouse).await.wrong, 1);
    tamper(&warehouse, "UPDATE stock_level SET received = received - 1, on_hand = on_hand - 1").await;
    add_up(&warehouse).await;
    assert_eq!((every_day(&warehouse).await.variants, warehouse.units().await), (0, [9, 9, 0, 0]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn replicas_that_add_up_at_once_count_each_entry_once() {
    let warehouse = Warehouse::empty().await;
    warehouse.stock("mug-1", &[("north", 90)]).await;
    for order in 0..20 {
        sell(&warehouse, &order.to_string(), 2).await;
        warehouse.clock.advance(TimeDelta::minutes(1));
    }
    later(&warehouse);
    let replicas: Vec<_> = (0..4)
        .map(|_| {
            let store = warehouse.store.clone();
            tokio::spawn(async move { store.take_checkpoint().await })
        })
        .collect();
    for replica in replicas {
        replica.await.expect("it lives").expect("it added up");
    }
    assert_eq!(every_day(&warehouse).await.variants, 0);
    assert_eq!(warehouse.units().await, [90, 50, 0, 40]);
}

/// A release and two reservations that came to nothing, a sale, and one that is held.
async fn some_of_each(warehouse: &Warehouse) -> Vec<Message> {
    warehouse.stock("mug-1", &[("north", 9)]).await;
    let copies: Vec<Message> =
        ["refused", "released", "expired"].map(|order| warehouse.reserve(order, &[("mug-1", 2)])).into();
    warehouse.handle(&warehouse.reserve("refused", &[("mug-1", 20)])).await;
    warehouse.handle(&copies[1]).await;
    warehouse.handle(&warehouse.release("released")).await;
    warehouse.handle(&copies[2]).await;
    sell(warehouse, "sold", 3).await;
    sell(warehouse, "returned", 1).await;
    warehouse.handle(&warehouse.put_back("returned")).await;
    later(warehouse);
    warehouse.sweep().await;
    copies
}

async fn forget(warehouse: &Warehouse, remembered: TimeDelta) -> u64 {
    warehouse.store.forget_reservations(remembered).await.expect("the database works")
}

#[tokio::test]
async fn a_reservation_that_came_to_nothing_is_forgotten_and_what_is_sold_is_not() {
    let warehouse = Warehouse::empty().await;
    some_of_each(&warehouse).await;
    warehouse.clock.advance(TimeDelta::days(89));
    assert_eq!(forget(&warehouse, TimeDelta::days(30)).await, 0);
    warehouse.clock.advance(TimeDelta::days(1));
    warehouse.handle(&warehouse.reserve("held", &[("mug-1", 1)])).await;
    assert_eq!(forget(&warehouse, TimeDelta::days(200)).await, 0, "messages are remembered for longer");
    assert_eq!(forget(&warehouse, TimeDelta::days(30)).await, 4);
    assert_eq!(rows(&warehouse, "reservation").await, 2);
    assert_eq!(rows(&warehouse, "reservation_line").await, 2);
    assert_eq!(warehouse.units().await, [9, 5, 1, 3]);
    assert_eq!(warehouse.handle(&warehouse.put_back("sold")).await.0, "stock.returned.v1");
    assert_eq!(warehouse.units().await, [9, 8, 1, 0]);
}

#[tokio::test]
async fn a_copy_of_a_command_whose_reservation_is_forgotten_moves_no_unit() {
    let warehouse = Warehouse::empty().await;
    let copies = some_of_each(&warehouse).await;
    warehouse.clock.advance(TimeDelta::days(91));
    assert_eq!(forget(&warehouse, TimeDelta::days(30)).await, 4);
    for copy in &copies {
        assert_eq!(warehouse.handle(copy).await.0, "stock.refused.v1");
    }
    for order in ["refused", "released", "expired", "returned"] {
        assert_eq!(warehouse.handle(&warehouse.settle(order)).await.0, "stock.refused.v1");
        warehouse.handle(&warehouse.release(order)).await;
        warehouse.handle(&warehouse.put_back(order)).await;
    }
    assert_eq!(warehouse.units().await, [9, 6, 0, 3]);
    warehouse.clock.advance(TimeDelta::days(91));
    assert_eq!(forget(&warehouse, TimeDelta::days(30)).await, 4, "and what they left is forgotten in turn");
}

#[tokio::test]
async fn reservations_are_kept_for_ever_where_the_settings_say_so() {
    let warehouse = Warehouse::with(Settings { keep_ended_reservations_days: 0, ..Settings::default() }).await;
    some_of_each(&warehouse).await;
    warehouse.clock.advance(TimeDelta::days(5_000));
    assert_eq!(forget(&warehouse, TimeDelta::days(30)).await, 0);
}

#[tokio::test]
async fn hundreds_that_came_to_nothing_are_all_forgotten_whoever_else_forgets() {
    let warehouse = Warehouse::empty().await;
    for order in 0..1_200 {
        let row = format!(
            "INSERT INTO reservation (order_id, state, shortages, ended_at)
             VALUES ('ord_{order}', 'RELEASED', '[]', '2000-01-01 00:00:00+00:00')"
        );
        tamper(&warehouse, &row).await;
    }
    let (one, other) = tokio::join!(forget(&warehouse, TimeDelta::days(30)), forget(&warehouse, TimeDelta::days(30)));
    assert_eq!((one + other, rows(&warehouse, "reservation").await), (1_200, 0));
}

/// How an engine finds the rows of a statement, when it need not care that there are few.
async fn plan(warehouse: &Warehouse, statement: &str) -> String {
    let txn = warehouse.db.begin().await.expect("the database works");
    let backend = txn.get_database_backend();
    let explain = if backend == DbBackend::Postgres {
        txn.execute_unprepared("SET LOCAL enable_seqscan = off").await.expect("the statement is sound");
        "EXPLAIN"
    } else {
        "EXPLAIN QUERY PLAN"
    };
    let statement = Statement::from_string(backend, format!("{explain} {statement}"));
    let rows = txn.query_all_raw(statement).await.expect("the statement is sound");
    let column = if backend == DbBackend::Postgres { "QUERY PLAN" } else { "detail" };
    rows.iter().map(|row| row.try_get::<String>("", column).expect("a text")).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn what_is_swept_is_found_by_an_index() {
    let warehouse = Warehouse::empty().await;
    for (index, statement) in [
        ("stock_entry_at", "SELECT units FROM stock_entry WHERE at > '2026-01-01 00:00:00+00:00'"),
        (
            "reservation_ended",
            "SELECT order_id FROM reservation WHERE ended_at <= '2026-01-01 00:00:00+00:00' \
             AND state IN ('REFUSED', 'RELEASED', 'EXPIRED', 'RETURNED') ORDER BY ended_at LIMIT 500",
        ),
        ("stock_level_checkpoint_suspect", "SELECT variant_id, location_id FROM stock_level_checkpoint WHERE suspect"),
    ] {
        let plan = plan(&warehouse, statement).await;
        assert!(plan.contains(index), "{index}: {plan}");
    }
}

#[tokio::test]
async fn the_everyday_check_costs_the_same_however_much_was_added_up() {
    let warehouse = Warehouse::empty().await;
    warehouse.stock("mug-1", &[("north", 90)]).await;
    let mut costs = Vec::new();
    for order in 0..4 {
        sell(&warehouse, &order.to_string(), 2).await;
        later(&warehouse);
        add_up(&warehouse).await;
        let before = warehouse.db.statements();
        let found = every_day(&warehouse).await;
        costs.push((warehouse.db.statements() - before, found.variants));
    }
    assert_eq!(costs, [(2, 0); 4]);
}
