//! What was captured and not given back is owed, and who may see that.

use insta::assert_json_snapshot;
use kit::Viewer;
use kit::messaging::Message;
use kit::testing::sent;
use serde_json::{Value, json};

use super::shop::{Shop, authorize, cancelled, capture, confirmed, void};

pub fn staff() -> Viewer {
    Viewer::staff("user_boss", &["reports"])
}

fn now(fields: &str) -> String {
    format!(
        "{{ _entities(representations: [{{ __typename: \"Conservation\", id: \"now\" }}]) \
         {{ ... on Conservation {{ id money {{ {fields} }} }} }} }}"
    )
}

const ALL: &str = "totals { currency captured { minor } refunded { minor } owed { minor } } ordersChecked ordersOpen \
                   violations { rule orderId found { minor } expected { minor } message }";

async fn money(shop: &Shop, fields: &str) -> Value {
    let answer = shop.ask(&staff(), &now(fields)).await;
    assert_eq!(answer.get("errors"), None, "{answer}");
    answer["data"]["_entities"][0]["money"].clone()
}

/// The rules that are broken, each with its order.
async fn broken(shop: &Shop) -> Vec<String> {
    let money = money(shop, "violations { rule orderId }").await;
    let violations = money["violations"].as_array().expect("a list");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    violations.iter().map(|one| format!("{} {}", text(&one["orderId"]), text(&one["rule"]))).collect()
}

async fn open(shop: &Shop) -> Value {
    money(shop, "ordersOpen").await["ordersOpen"].clone()
}

/// An order as it ends well.
pub async fn sell(shop: &Shop, order: &str) {
    shop.follow(&authorize(order, "pm_card_visa")).await;
    shop.follow(&capture(order)).await;
    shop.hear(&confirmed(order)).await;
}

#[tokio::test]
async fn orders_in_every_state_of_rest_add_up() {
    let shop = Shop::open().await;
    sell(&shop, "ord_sold").await;
    sell(&shop, "ord_returned").await;
    shop.follow(&void("ord_returned")).await;
    shop.hear(&cancelled("ord_returned")).await;
    shop.follow(&authorize("ord_voided", "pm_card_visa")).await;
    shop.follow(&void("ord_voided")).await;
    shop.hear(&cancelled("ord_voided")).await;
    shop.follow(&authorize("ord_declined", "pm_card_chargeDeclined")).await;
    shop.hear(&cancelled("ord_declined")).await;
    shop.follow(&void("ord_barred")).await;
    shop.settle();
    assert_json_snapshot!(money(&shop, ALL).await, @r#"
    {
      "ordersChecked": 5,
      "ordersOpen": 0,
      "totals": [
        {
          "captured": {
            "minor": "9990"
          },
          "currency": "USD",
          "owed": {
            "minor": "4995"
          },
          "refunded": {
            "minor": "4995"
          }
        }
      ],
      "violations": []
    }
    "#);
    assert_eq!(shop.balances().await, ["captured 9990", "owed 4995", "refunded -4995", "sales -4995", "shopper -4995"]);
    assert!(sent(&shop.db).await.iter().all(|(stream, _)| stream == "orders.replies"), "hearing says nothing");
}

#[tokio::test]
async fn what_is_captured_and_never_confirmed_is_open_first_and_then_a_violation() {
    let shop = Shop::open().await;
    shop.follow(&authorize("ord_1", "pm_card_visa")).await;
    shop.follow(&capture("ord_1")).await;
    assert_eq!((open(&shop).await, broken(&shop).await), (json!(1), vec![]));
    shop.settle();
    assert_json_snapshot!(money(&shop, ALL).await, @r#"
    {
      "ordersChecked": 1,
      "ordersOpen": 0,
      "totals": [
        {
          "captured": {
            "minor": "4995"
          },
          "currency": "USD",
          "owed": {
            "minor": "0"
          },
          "refunded": {
            "minor": "0"
          }
        }
      ],
      "violations": [
        {
          "expected": {
            "minor": "0"
          },
          "found": {
            "minor": "4995"
          },
          "message": "Captured less given back is 49.95 USD, owed is 0.00 USD.",
          "orderId": "ord_1",
          "rule": "PAID_IS_OWED"
        }
      ]
    }
    "#);
    shop.hear(&confirmed("ord_1")).await;
    assert_eq!((open(&shop).await, broken(&shop).await), (json!(0), vec![]));
}

#[tokio::test]
async fn what_is_cancelled_and_never_refunded_is_open_first_and_then_a_violation() {
    let shop = Shop::open().await;
    sell(&shop, "ord_1").await;
    shop.clock.advance(chrono::TimeDelta::days(1));
    shop.hear(&cancelled("ord_1")).await;
    assert_eq!((open(&shop).await, broken(&shop).await), (json!(1), vec![]));
    shop.settle();
    assert_eq!((open(&shop).await, broken(&shop).await), (json!(0), vec!["ord_1 PAID_IS_OWED".to_owned()]));
    shop.follow(&void("ord_1")).await;
    assert_eq!((open(&shop).await, broken(&shop).await), (json!(0), vec![]));
}

#[tokio::test]
async fn what_is_confirmed_and_never_paid_is_a_violation() {
    let shop = Shop::open().await;
    shop.hear(&confirmed("ord_1")).await;
    shop.settle();
    assert_eq!(broken(&shop).await, ["ord_1 PAID_IS_OWED"]);
}

#[tokio::test]
async fn an_order_whose_gateway_is_being_asked_is_open_however_long_it_takes() {
    let shop = Shop::open().await;
    sell(&shop, "ord_1").await;
    shop.hear(&cancelled("ord_1")).await;
    shop.gateway.fail_once(payments::gateway::Step::Refund, super::shop::Fault::AnswerLost);
    kit::messaging::MessageHandler::handle(&*shop.till, &void("ord_1")).await.expect_err("the answer is lost");
    shop.settle();
    assert_eq!((open(&shop).await, broken(&shop).await), (json!(1), vec![]));
}

#[tokio::test]
async fn each_event_of_an_order_is_heard_once_and_in_either_order() {
    type Event = fn(&str) -> Message;
    let histories: [&[Event]; 4] = [
        &[confirmed, confirmed, cancelled, cancelled],
        &[cancelled, confirmed],
        &[confirmed, cancelled, confirmed],
        &[cancelled, cancelled, confirmed, confirmed, cancelled],
    ];
    for (number, history) in histories.into_iter().enumerate() {
        let shop = Shop::open().await;
        for event in history {
            let mut event = event("ord_1");
            shop.hear(&event).await;
            // Sent anew, as by a sender that forgot its id.
            event.id = uuid::Uuid::now_v7();
            shop.hear(&event).await;
        }
        assert_eq!(shop.balances().await, [""; 0], "history {number}");
        let events = shop.rows("SELECT event FROM money_entry WHERE minor > 0 ORDER BY event").await;
        assert_eq!(events, ["cancelled", "confirmed"], "history {number}");
    }
}

#[tokio::test]
async fn events_that_are_heard_at_the_same_time_reach_the_books_once_each() {
    let shop = Shop::open().await;
    let mut racing = tokio::task::JoinSet::new();
    for number in 0..40 {
        let order = format!("ord_{}", number % 5);
        let mut event = if number % 2 == 0 { confirmed(&order) } else { cancelled(&order) };
        event.id = uuid::Uuid::now_v7();
        let orders = shop.orders.clone();
        racing.spawn(async move { kit::messaging::MessageHandler::handle(&orders, &event).await.expect("heard") });
    }
    racing.join_all().await;
    assert_eq!(shop.balances().await, [""; 0]);
    assert_eq!(shop.rows("SELECT event FROM money_entry").await.len(), 5 * 4);
}

#[tokio::test]
async fn a_confirmation_without_a_total_owes_what_the_payment_asked_for() {
    let shop = Shop::open().await;
    shop.follow(&authorize("ord_1", "pm_card_visa")).await;
    shop.follow(&capture("ord_1")).await;
    let mut old = confirmed("ord_1");
    old.body.as_object_mut().expect("an object").remove("total");
    shop.hear(&old).await;
    shop.settle();
    assert_eq!(broken(&shop).await, [""; 0]);
}

#[tokio::test]
async fn other_events_of_orders_are_passed_over() {
    let shop = Shop::open().await;
    let placed = Message::new("order.placed.v1", "ord_1", &json!({ "orderId": "ord_1" })).expect("plain data");
    shop.hear(&placed).await;
    assert_eq!(shop.rows("SELECT order_id FROM sale").await, [""; 0]);
}

#[tokio::test]
async fn an_event_that_does_not_sum_to_zero_is_named() {
    let shop = Shop::open().await;
    sell(&shop, "ord_1").await;
    shop.tamper(
        "INSERT INTO money_entry (order_id, event, account, minor, currency, at) \
         SELECT order_id, event, 'elsewhere', 5, currency, at FROM money_entry WHERE event = 'captured' AND minor > 0",
    )
    .await;
    assert_json_snapshot!(money(&shop, "violations { rule orderId message }").await, @r#"
    {
      "violations": [
        {
          "message": "The event `captured` puts 50.00 USD on its accounts and takes 49.95 USD from them.",
          "orderId": "ord_1",
          "rule": "EVENT_SUMS_TO_ZERO"
        }
      ]
    }
    "#);
}

#[tokio::test]
async fn the_gateways_own_books_must_say_what_ours_say() {
    let shop = Shop::open().await;
    for order in ["ord_1", "ord_2", "ord_3"] {
        sell(&shop, order).await;
    }
    shop.settle();
    assert_eq!(broken(&shop).await, [""; 0]);
    shop.tamper("UPDATE sandbox_charge SET captured_minor = 4000 WHERE reference = 'ord_1'").await;
    shop.tamper("UPDATE sandbox_charge SET refunded_minor = 4995 WHERE reference = 'ord_2'").await;
    shop.tamper("DELETE FROM sandbox_charge WHERE reference = 'ord_3'").await;
    assert_eq!(
        broken(&shop).await,
        ["ord_1 CAPTURED_AT_GATEWAY", "ord_2 REFUNDED_AT_GATEWAY", "ord_3 CAPTURED_AT_GATEWAY"]
    );
}

#[tokio::test]
async fn an_order_is_charged_at_most_once_at_the_gateway() {
    let shop = Shop::open().await;
    sell(&shop, "ord_1").await;
    shop.tamper(
        "INSERT INTO sandbox_charge (id, reference, state, amount_minor, currency, captured_minor, refunded_minor, \
         created_at) SELECT 'ch_again', reference, state, amount_minor, currency, captured_minor, refunded_minor, \
         created_at FROM sandbox_charge",
    )
    .await;
    assert_eq!(broken(&shop).await, ["ord_1 CHARGED_ONCE"]);
    shop.tamper("UPDATE sandbox_charge SET reference = 'ord_unknown' WHERE id = 'ch_again'").await;
    assert_eq!(broken(&shop).await, ["ord_unknown CAPTURED_AT_GATEWAY"]);
}

#[tokio::test]
async fn one_order_shows_its_numbers_on_both_sides() {
    let shop = Shop::open().await;
    sell(&shop, "ord_1").await;
    shop.follow(&authorize("ord_2", "pm_card_chargeDeclined")).await;
    shop.settle();
    let fields = "orderId captured { decimal } refunded { decimal } owed { decimal } addsUp isOpen \
                  gateway { captured { decimal } refunded { decimal } charges }";
    let of = |id: &str| format!("order(id: \"{id}\") {{ {fields} }}");
    assert_json_snapshot!(money(&shop, &of("ord_1")).await, @r#"
    {
      "order": {
        "addsUp": true,
        "captured": {
          "decimal": "49.95"
        },
        "gateway": {
          "captured": {
            "decimal": "49.95"
          },
          "charges": 1,
          "refunded": {
            "decimal": "0.00"
          }
        },
        "isOpen": false,
        "orderId": "ord_1",
        "owed": {
          "decimal": "49.95"
        },
        "refunded": {
          "decimal": "0.00"
        }
      }
    }
    "#);
    assert_eq!(money(&shop, &of("ord_2")).await["order"]["captured"]["decimal"], "0.00");
    for unknown in ["ord_9", "no id"] {
        assert_eq!(money(&shop, &of(unknown)).await, json!({ "order": null }));
    }
}

#[tokio::test]
async fn only_who_may_see_reports_sees_it_and_there_is_only_now() {
    let shop = Shop::open().await;
    for viewer in [Viewer::anonymous(), Viewer::user("user_ada"), Viewer::staff("user_clerk", &["orders"])] {
        let answer = shop.ask(&viewer, &now("ordersChecked")).await;
        assert_eq!(answer, json!({ "data": { "_entities": [null] } }), "{viewer:?}");
    }
    let yesterday = now("ordersChecked").replace("\"now\"", "\"yesterday\"");
    assert_eq!(shop.ask(&staff(), &yesterday).await, json!({ "data": { "_entities": [null] } }));
}

#[tokio::test]
async fn a_list_of_violations_is_one_to_a_hundred_long() {
    let shop = Shop::open().await;
    for order in ["ord_1", "ord_2", "ord_3"] {
        shop.hear(&confirmed(order)).await;
    }
    shop.settle();
    let two = money(&shop, "violations(first: 2) { orderId }").await;
    assert_eq!(two, json!({ "violations": [{ "orderId": "ord_1" }, { "orderId": "ord_2" }] }));
    for first in [0, 101] {
        let answer = shop.ask(&staff(), &now(&format!("violations(first: {first}) {{ orderId }}"))).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
    }
}

#[tokio::test]
async fn forty_orders_cost_as_many_statements_as_one() {
    let shop = Shop::open().await;
    let mut costs = Vec::new();
    for orders in [0..1, 1..40] {
        for number in orders {
            sell(&shop, &format!("ord_{number}")).await;
        }
        for fields in
            ["totals { currency } ordersChecked ordersOpen", ALL, "order(id: \"ord_0\") { addsUp gateway { charges } }"]
        {
            let before = shop.db.statements();
            money(&shop, fields).await;
            costs.push(shop.db.statements() - before);
        }
    }
    assert_eq!(costs, [2, 4, 4, 2, 4, 4]);
}
