//! The ledger of money is added up as it grows, and checked every day from there on.

use std::sync::atomic::Ordering;

use chrono::TimeDelta;
use payments::gateway::{Gateway, IdempotencyKey, Step};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::{Value, json};
use vocab::{CurrencyCode, Money, OrderId};

use super::conservation::{sell, staff};
use super::shop::{SETTLING, Shop, authorize, cancelled, capture, confirmed, void};

const NOW: &str = "now";
const AUDIT: &str = "audit";

const ALL: &str = "ordersChecked ordersOpen totals { captured { minor } refunded { minor } owed { minor } } \
                   changed { captured { minor } refunded { minor } owed { minor } } violations { orderId rule }";

async fn money(shop: &Shop, id: &str) -> Value {
    let document = format!(
        "{{ _entities(representations: [{{ __typename: \"Conservation\", id: \"{id}\" }}]) \
         {{ ... on Conservation {{ money {{ {ALL} }} }} }} }}"
    );
    let answer = shop.ask(&staff(), &document).await;
    assert_eq!(answer.get("errors"), None, "{answer}");
    answer["data"]["_entities"][0]["money"].clone()
}

/// How many orders were looked at.
async fn checked(shop: &Shop, id: &str) -> Value {
    money(shop, id).await["ordersChecked"].clone()
}

/// Captured, refunded and owed.
fn sums(of: &Value) -> Vec<[i64; 3]> {
    let minor =
        |one: &Value, what: &str| -> i64 { one[what]["minor"].as_str().expect("a text").parse().expect("a number") };
    let list = of.as_array().expect("a list");
    list.iter().map(|one| ["captured", "refunded", "owed"].map(|what| minor(one, what))).collect()
}

async fn totals(shop: &Shop, id: &str) -> Vec<[i64; 3]> {
    sums(&money(shop, id).await["totals"])
}

async fn broken(shop: &Shop, id: &str) -> Vec<String> {
    let money = money(shop, id).await;
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let violations = money["violations"].as_array().expect("a list");
    violations.iter().map(|one| format!("{} {}", text(&one["orderId"]), text(&one["rule"]))).collect()
}

/// Whether anything was added up.
async fn add_up(shop: &Shop) -> bool {
    shop.audit.take_checkpoint().await.expect("the database and the gateway work") > 0
}

fn later(shop: &Shop) {
    shop.clock.advance(TimeDelta::hours(2));
}

async fn unlock_the_ledger(shop: &Shop) {
    shop.tamper(match shop.db.reader().get_database_backend() {
        DbBackend::Postgres => "DROP TRIGGER money_entry_append_only ON money_entry",
        _ => "DROP TRIGGER money_entry_no_delete",
    })
    .await;
}

async fn suspects(shop: &Shop) -> Vec<String> {
    shop.rows("SELECT order_id FROM money_suspect ORDER BY order_id").await
}

/// Gives an order's money back in the gateway's own dashboard.
async fn refund_at_the_gateway(shop: &Shop, order: &str) {
    let order_id = OrderId::parse(order).expect("an id");
    let found = shop.gateway.sandbox.find(&order_id).await.expect("the sandbox works").expect("a charge");
    let key = IdempotencyKey::of(&order_id, Step::Refund);
    let all = Money::new(4995, CurrencyCode::USD);
    shop.gateway.sandbox.refund(&key, &found.charge.reference, all).await.expect("refunded");
}

#[tokio::test]
async fn what_was_added_up_is_not_looked_at_again_and_still_counts() {
    let shop = Shop::open().await;
    for order in ["ord_1", "ord_2", "ord_3"] {
        sell(&shop, order).await;
    }
    shop.follow(&authorize("ord_declined", "pm_card_chargeDeclined")).await;
    assert_eq!((checked(&shop, NOW).await, checked(&shop, AUDIT).await), (json!(4), json!(4)));
    later(&shop);
    assert!(add_up(&shop).await);
    assert_eq!((checked(&shop, NOW).await, checked(&shop, AUDIT).await), (json!(0), json!(4)));
    assert_eq!(totals(&shop, NOW).await, [[3 * 4995, 0, 3 * 4995]]);
    sell(&shop, "ord_4").await;
    shop.hear(&cancelled("ord_1")).await;
    shop.follow(&void("ord_1")).await;
    assert_eq!(checked(&shop, NOW).await, json!(2));
    assert_eq!(totals(&shop, NOW).await, [[4 * 4995, 4995, 3 * 4995]]);
    later(&shop);
    assert!(add_up(&shop).await);
    assert!(!add_up(&shop).await, "no time has passed");
    assert_eq!(checked(&shop, NOW).await, json!(0));
    for id in [NOW, AUDIT] {
        assert_eq!(totals(&shop, id).await, [[4 * 4995, 4995, 3 * 4995]]);
        assert_eq!(broken(&shop, id).await, [""; 0]);
    }
    assert_eq!(money(&shop, AUDIT).await["changed"], json!([]));
}

#[tokio::test]
async fn an_entry_that_is_not_safely_old_is_not_added_up() {
    let shop = Shop::open().await;
    sell(&shop, "ord_1").await;
    let added = "SELECT currency FROM money_checkpoint_total";
    shop.clock.advance(TimeDelta::minutes(59));
    add_up(&shop).await;
    assert_eq!(shop.rows(added).await, [""; 0]);
    shop.clock.advance(TimeDelta::minutes(1));
    add_up(&shop).await;
    assert_eq!(shop.rows(added).await, ["USD"]);
}

/// On Postgres an older entry may be committed after a newer one was added up.
#[tokio::test]
async fn an_entry_that_is_committed_late_counts_whatever_was_added_up_before() {
    let shop = Shop::open().await;
    if shop.db.reader().get_database_backend() != DbBackend::Postgres {
        return assert_eq!(shop.db.reader().get_database_backend(), DbBackend::Sqlite, "it has one writer");
    }
    sell(&shop, "ord_1").await;
    later(&shop);
    let txn = shop.db.begin().await.expect("the database works");
    for (account, minor) in [("sales", -100), ("owed", 100)] {
        let at = shop.clock.now().to_rfc3339();
        let entry = format!(
            "INSERT INTO money_entry (order_id, event, account, minor, currency, at) \
             VALUES ('ord_late', 'confirmed', '{account}', {minor}, 'USD', '{at}')"
        );
        txn.execute_unprepared(&entry).await.expect("the statement is sound");
    }
    sell(&shop, "ord_2").await;
    assert!(add_up(&shop).await);
    txn.commit().await.expect("the database works");
    shop.settle();
    assert_eq!(broken(&shop, NOW).await, ["ord_late PAID_IS_OWED"]);
    later(&shop);
    assert!(add_up(&shop).await);
    for id in [NOW, AUDIT] {
        assert_eq!(totals(&shop, id).await, [[2 * 4995, 0, 2 * 4995 + 100]]);
        assert_eq!(broken(&shop, id).await, ["ord_late PAID_IS_OWED"]);
    }
    assert_eq!(money(&shop, AUDIT).await["changed"], json!([]));
}

#[tokio::test]
async fn what_did_not_add_up_when_it_was_added_up_stays_in_sight_until_it_does() {
    let shop = Shop::open().await;
    for order in ["ord_refunded", "ord_fine"] {
        sell(&shop, order).await;
    }
    shop.follow(&authorize("ord_kept", "pm_card_visa")).await;
    shop.follow(&capture("ord_kept")).await;
    sell(&shop, "ord_uneven").await;
    shop.tamper(
        "INSERT INTO money_entry (order_id, event, account, minor, currency, at) SELECT order_id, event, 'elsewhere', 5, \
         currency, at FROM money_entry WHERE event = 'captured' AND minor > 0 AND order_id = 'ord_uneven'",
    )
    .await;
    shop.tamper("UPDATE sandbox_charge SET refunded_minor = 4995 WHERE reference = 'ord_refunded'").await;
    let wrong = ["ord_kept PAID_IS_OWED", "ord_uneven EVENT_SUMS_TO_ZERO", "ord_refunded REFUNDED_AT_GATEWAY"];
    for _ in 0..3 {
        later(&shop);
        assert!(add_up(&shop).await);
        assert_eq!(suspects(&shop).await, ["ord_kept", "ord_refunded", "ord_uneven"]);
        assert_eq!(checked(&shop, NOW).await, json!(3));
        for id in [NOW, AUDIT] {
            assert_eq!(broken(&shop, id).await, wrong);
        }
    }
    shop.hear(&confirmed("ord_kept")).await;
    shop.tamper("UPDATE sandbox_charge SET refunded_minor = 0 WHERE reference = 'ord_refunded'").await;
    later(&shop);
    add_up(&shop).await;
    assert_eq!(suspects(&shop).await, ["ord_uneven"], "nobody takes an entry back");
    assert_eq!(broken(&shop, NOW).await, ["ord_uneven EVENT_SUMS_TO_ZERO"]);
}

#[tokio::test]
async fn an_order_whose_gateway_is_asked_for_hours_stays_in_sight() {
    let shop = Shop::open().await;
    sell(&shop, "ord_1").await;
    shop.hear(&cancelled("ord_1")).await;
    shop.gateway.fail_once(Step::Refund, super::shop::Fault::AnswerLost);
    kit::messaging::MessageHandler::handle(&*shop.till, &void("ord_1")).await.expect_err("the answer is lost");
    for _ in 0..2 {
        later(&shop);
        assert!(add_up(&shop).await);
        let money = money(&shop, NOW).await;
        assert_eq!((&money["ordersChecked"], &money["ordersOpen"]), (&json!(1), &json!(1)));
        assert_eq!(suspects(&shop).await, ["ord_1"]);
    }
    shop.follow(&void("ord_1")).await;
    later(&shop);
    add_up(&shop).await;
    assert_eq!((suspects(&shop).await, broken(&shop, NOW).await), (vec![], vec![]));
}

#[tokio::test]
async fn what_was_tampered_with_behind_the_checkpoint_is_found_by_an_audit() {
    let shop = Shop::open().await;
    for order in ["ord_1", "ord_2"] {
        sell(&shop, order).await;
    }
    later(&shop);
    assert!(add_up(&shop).await);
    unlock_the_ledger(&shop).await;
    shop.tamper("DELETE FROM money_entry WHERE order_id = 'ord_1' AND event = 'confirmed'").await;
    // Nothing of this one is left that could fail to add up.
    for table in ["money_entry", "sandbox_charge"] {
        let order = if table == "money_entry" { "order_id" } else { "reference" };
        shop.tamper(&format!("DELETE FROM {table} WHERE {order} = 'ord_2'")).await;
    }
    assert_eq!(broken(&shop, NOW).await, [""; 0], "it believes the sums");
    assert_eq!(totals(&shop, NOW).await, [[2 * 4995, 0, 2 * 4995]]);
    assert_eq!(broken(&shop, AUDIT).await, ["ord_1 PAID_IS_OWED"]);
    let audit = money(&shop, AUDIT).await;
    assert_eq!(sums(&audit["changed"]), [[-4995, 0, -2 * 4995]]);
    assert_eq!(sums(&audit["totals"]), [[4995, 0, 0]]);
    assert_eq!(money(&shop, NOW).await["changed"], json!([]));
}

#[tokio::test]
async fn what_the_gateway_does_to_an_old_order_is_found_every_day_and_ever_after() {
    let shop = Shop::open().await;
    for order in ["ord_1", "ord_2"] {
        sell(&shop, order).await;
    }
    later(&shop);
    assert!(add_up(&shop).await);
    refund_at_the_gateway(&shop, "ord_2").await;
    for _ in 0..3 {
        assert_eq!(broken(&shop, NOW).await, ["ord_2 REFUNDED_AT_GATEWAY"]);
        later(&shop);
        assert!(add_up(&shop).await);
    }
    assert_eq!(suspects(&shop).await, ["ord_2"]);
    shop.tamper("UPDATE sandbox_charge SET captured_minor = 4000, moved_at = NULL WHERE reference = 'ord_1'").await;
    assert_eq!(broken(&shop, NOW).await, ["ord_2 REFUNDED_AT_GATEWAY"]);
    assert_eq!(broken(&shop, AUDIT).await, ["ord_1 CAPTURED_AT_GATEWAY", "ord_2 REFUNDED_AT_GATEWAY"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn replicas_that_add_up_at_once_count_each_entry_once() {
    let shop = Shop::open().await;
    for order in 0..20 {
        sell(&shop, &format!("ord_{order}")).await;
        shop.clock.advance(TimeDelta::minutes(1));
    }
    shop.follow(&authorize("ord_kept", "pm_card_visa")).await;
    shop.follow(&capture("ord_kept")).await;
    later(&shop);
    for _ in 0..3 {
        let mut replicas = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let audit = shop.audit.clone();
            replicas.spawn(async move { audit.take_checkpoint().await.expect("it added up") });
        }
        assert!(replicas.join_all().await.into_iter().any(|steps| steps > 0));
        assert_eq!(suspects(&shop).await, ["ord_kept"]);
        for id in [NOW, AUDIT] {
            assert_eq!(totals(&shop, id).await, [[21 * 4995, 0, 20 * 4995]]);
            assert_eq!(broken(&shop, id).await, ["ord_kept PAID_IS_OWED"]);
        }
        assert_eq!(money(&shop, AUDIT).await["changed"], json!([]));
        later(&shop);
    }
}

#[tokio::test]
async fn thousands_of_entries_are_added_up_in_steps() {
    let shop = Shop::open().await;
    let moment = |hour| match shop.db.reader().get_database_backend() {
        DbBackend::Postgres => format!("TIMESTAMPTZ '2020-01-05 {hour}:00:00+00:00'"),
        _ => format!("'2020-01-05T{hour}:00:00+00:00'"),
    };
    let (noon, one) = (moment(12), moment(13));
    shop.tamper(&format!(
        "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 6000) \
         INSERT INTO money_entry (order_id, event, account, minor, currency, at) \
         SELECT 'ord_' || n, 'confirmed', account, minor, 'USD', \
           CASE WHEN n <= 3000 THEN {noon} ELSE {one} END \
         FROM number, (SELECT 'owed' AS account, 7 AS minor UNION ALL SELECT 'sales', -7) AS side",
    ))
    .await;
    assert_eq!(shop.audit.take_checkpoint().await.expect("it adds up"), 3, "those of one moment go together");
    assert_eq!(totals(&shop, NOW).await, [[0, 0, 42_000]]);
}

/// How an engine finds the rows of a statement, when it need not care that there are few.
async fn plan(shop: &Shop, statement: &str) -> String {
    let txn = shop.db.begin().await.expect("the database works");
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
async fn what_moved_is_found_by_an_index() {
    let shop = Shop::open().await;
    for (index, statement) in [
        ("money_entry_at", "SELECT order_id FROM money_entry WHERE at > '2026-01-01 00:00:00+00:00'"),
        ("payment_created_at", "SELECT order_id FROM payment WHERE created_at > '2026-01-01 00:00:00+00:00'"),
        (
            "payment_under_way",
            "SELECT order_id FROM payment WHERE state IN ('AUTHORIZING', 'CAPTURING', 'VOIDING', 'REFUNDING')",
        ),
        ("sale_cancelled_at", "SELECT order_id FROM sale WHERE cancelled_at > '2026-01-01 00:00:00+00:00'"),
        (
            "sandbox_charge_moved_at",
            "SELECT reference FROM sandbox_charge WHERE COALESCE(moved_at, created_at) > '2026-01-01 00:00:00+00:00'",
        ),
    ] {
        let plan = plan(&shop, statement).await;
        assert!(plan.contains(index), "{index}: {plan}");
    }
}

/// Statements, orders of which the gateway opened its books, and orders that were looked at.
async fn cost(shop: &Shop, id: &str) -> (u64, usize, Value) {
    let (statements, booked) = (shop.db.statements(), shop.gateway.booked.load(Ordering::Relaxed));
    let checked = checked(shop, id).await;
    let booked = shop.gateway.booked.load(Ordering::Relaxed) - booked;
    (shop.db.statements() - statements, booked, checked)
}

#[tokio::test]
async fn the_everyday_check_costs_the_same_however_much_was_added_up() {
    let shop = Shop::open().await;
    let (mut every_day, mut audits) = (Vec::new(), Vec::new());
    for round in 0..4 {
        for order in 0..10 {
            sell(&shop, &format!("ord_{round}x{order}")).await;
        }
        later(&shop);
        add_up(&shop).await;
        sell(&shop, &format!("ord_{round}new")).await;
        every_day.push(cost(&shop, NOW).await);
        audits.push(cost(&shop, AUDIT).await);
    }
    // The gateway tells of the new one twice: because ours has moved, and because its own has.
    assert_eq!(every_day, vec![(6, 2, json!(1)); 4]);
    assert_eq!(audits, [11, 22, 33, 44].map(|orders: usize| (3, orders, json!(orders))));
}

#[tokio::test]
async fn an_order_that_need_not_add_up_yet_is_not_left_behind() {
    let shop = Shop::open().await;
    assert!(SETTLING < TimeDelta::hours(1));
    let shop = shop.settling_for(TimeDelta::hours(5));
    shop.follow(&authorize("ord_1", "pm_card_visa")).await;
    shop.follow(&capture("ord_1")).await;
    for (hours, wrong) in [(2, vec![]), (2, vec![]), (2, vec!["ord_1 PAID_IS_OWED"]), (9, vec!["ord_1 PAID_IS_OWED"])] {
        shop.clock.advance(TimeDelta::hours(hours));
        assert!(add_up(&shop).await);
        assert_eq!(broken(&shop, NOW).await, wrong);
    }
}
