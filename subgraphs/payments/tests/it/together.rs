//! Commands that waited together and are followed side by side.

use kit::messaging::{Message, MessageHandler};
use kit::testing::sent;
use payments::gateway::Step;

use super::shop::{Fault, Shop, authorize, cancelled, capture, confirmed, void};

const ORDERS: [&str; 4] = ["ord_1", "ord_2", "ord_3", "ord_4"];

/// Follows commands at once, and gives what each is answered, by order.
async fn at_once(shop: &Shop, commands: &[Message]) -> Vec<String> {
    let before = sent(&shop.db).await.len();
    assert!(shop.till.handle_batch(commands).await.expect("followed"), "all at once");
    let answered = sent(&shop.db).await.split_off(before);
    let mut answers: Vec<String> = answered.iter().map(|(_, reply)| format!("{} {}", reply.key, reply.kind)).collect();
    answers.sort();
    answers
}

#[tokio::test]
async fn twenty_commands_cost_us_the_statements_of_one() {
    /// The gateway's own for each order: they are not ours to save.
    const GATEWAYS: u64 = 2;
    let shop = Shop::open().await;
    let mut costs = Vec::new();
    for orders in [0..1, 1..21] {
        let count = orders.end - orders.start;
        for command in [|order: &str| authorize(order, "pm_card_visa"), capture, void] {
            let commands: Vec<Message> = orders.clone().map(|order| command(&format!("ord_{order}"))).collect();
            let before = shop.db.statements();
            assert_eq!(at_once(&shop, &commands).await.len(), commands.len());
            costs.push(shop.db.statements() - before - count * GATEWAYS);
        }
    }
    // What was sent is read twice for each.
    assert_eq!(costs, [4 + 2, 5 + 2, 5 + 2, 4 + 2, 5 + 2, 5 + 2]);
    assert_eq!(shop.balances().await, ["captured 104895", "refunded -104895"]);
}

#[tokio::test]
async fn commands_at_every_stage_are_each_answered() {
    let shop = Shop::open().await;
    for order in ["ord_captured", "ord_held", "ord_void"] {
        shop.follow(&authorize(order, "pm_card_visa")).await;
    }
    shop.follow(&capture("ord_captured")).await;
    let answers = at_once(
        &shop,
        &[
            authorize("ord_new", "pm_card_visa"),
            authorize("ord_held", "pm_card_visa"),
            authorize("ord_declined", "pm_card_chargeDeclined"),
            authorize("ord_number", "4242 4242 4242 4242"),
            capture("ord_captured"),
            capture("ord_unknown"),
            void("ord_void"),
            void("ord_barred"),
        ],
    )
    .await;
    let expected = [
        "ord_barred payment.voided.v1",
        "ord_captured payment.captured.v1",
        "ord_declined payment.declined.v1",
        "ord_held payment.authorized.v1",
        "ord_new payment.authorized.v1",
        "ord_number payment.declined.v1",
        "ord_unknown payment.declined.v1",
        "ord_void payment.voided.v1",
    ];
    assert_eq!(answers, expected);
    let charges =
        ["ord_captured CAPTURED 4995 0", "ord_held AUTHORIZED 0 0", "ord_new AUTHORIZED 0 0", "ord_void VOIDED 0 0"];
    let mut charged = shop.charges().await;
    charged.sort();
    assert_eq!(charged, charges);
}

#[tokio::test]
async fn a_call_without_an_answer_leaves_its_neighbours_one_charge_each() {
    for fault in [|| Fault::Unreached, || Fault::AnswerLost] {
        let shop = Shop::open().await;
        let commands = ORDERS.map(|order| authorize(order, "pm_card_visa"));
        shop.gateway.fail_once(Step::Authorize, fault());
        shop.till.handle_batch(&commands).await.expect_err("an answer is missing");
        for command in &commands {
            assert_eq!(shop.kind(command).await, "payment.authorized.v1");
        }
        let mut charged = shop.charges().await;
        charged.sort();
        assert_eq!(charged, ORDERS.map(|order| format!("{order} AUTHORIZED 0 0")));
        assert_eq!(shop.balances().await, ["held 19980", "shopper -19980"]);
    }
}

#[tokio::test]
async fn other_terms_than_before_stop_nobody_else() {
    let shop = Shop::open().await;
    shop.follow(&authorize("ord_1", "pm_card_visa")).await;
    let mut dearer = authorize("ord_1", "pm_card_visa");
    dearer.body["amount"]["minor"] = 9995.into();
    let other = authorize("ord_2", "pm_card_visa");
    shop.till.handle_batch(&[dearer, other.clone()]).await.expect_err("the terms changed");
    assert_eq!(shop.kind(&other).await, "payment.authorized.v1");
}

#[tokio::test]
async fn commands_of_one_order_take_their_turns() {
    let shop = Shop::open().await;
    let both = [authorize("ord_1", "pm_card_visa"), void("ord_1")];
    assert!(!shop.till.handle_batch(&both).await.expect("told so"), "one by one");
    assert!(sent(&shop.db).await.is_empty());
}

/// One till stands still at the gateway with four orders, and a second one voids one of them to its end.
#[tokio::test]
async fn whoever_is_overtaken_by_one_order_follows_all_to_the_end() {
    let shop = Shop::open().await;
    let paused = shop.gateway.pause_once(Step::Authorize);
    let till = std::sync::Arc::clone(&shop.till);
    let commands = ORDERS.map(|order| authorize(order, "pm_card_visa"));
    let first = tokio::spawn(async move { till.handle_batch(&commands).await });
    paused.reached.await.expect("the first till is at the gateway");
    shop.till.handle(&void("ord_3")).await.expect("followed by the second till");
    paused.resume.send(()).expect("the first till waits");
    assert!(first.await.expect("it lives").expect("followed"));
    let mut answers: Vec<String> =
        sent(&shop.db).await.iter().map(|(_, reply)| format!("{} {}", reply.key, reply.kind)).collect();
    answers.sort();
    let expected = [
        "ord_1 payment.authorized.v1",
        "ord_2 payment.authorized.v1",
        "ord_3 payment.authorized.v1",
        "ord_3 payment.voided.v1",
        "ord_4 payment.authorized.v1",
    ];
    assert_eq!(answers, expected);
    assert_eq!(shop.balances().await, ["held 14985", "shopper -14985"]);
}

#[tokio::test]
async fn twenty_confirmations_cost_the_statements_of_one() {
    let shop = Shop::open().await;
    let mut costs = Vec::new();
    for orders in [0..1, 1..21] {
        for event in [confirmed, cancelled] {
            let events: Vec<Message> = orders.clone().map(|order| event(&format!("ord_{order}"))).collect();
            for time in 1..=2 {
                let before = shop.db.statements();
                assert!(shop.orders.handle_batch(&events).await.expect("heard"), "time {time}");
                costs.push(shop.db.statements() - before);
            }
        }
    }
    assert_eq!(costs, [3, 1, 3, 1, 3, 1, 3, 1], "the second time nothing is written");
    let written = shop.rows("SELECT event || ' ' || COUNT(*) FROM money_entry GROUP BY event ORDER BY event").await;
    assert_eq!(written, ["cancelled 42", "confirmed 42"]);
    assert_eq!(shop.balances().await, [""; 0]);
}

#[tokio::test]
async fn what_became_of_orders_is_heard_in_any_order_at_once() {
    let shop = Shop::open().await;
    shop.hear(&cancelled("ord_3")).await;
    let events = [confirmed("ord_1"), cancelled("ord_2"), confirmed("ord_2"), confirmed("ord_3"), cancelled("ord_4")];
    assert!(shop.orders.handle_batch(&events).await.expect("heard"));
    assert_eq!(shop.balances().await, ["owed 4995", "sales -4995"], "only the first stands");
    let twice = [confirmed("ord_5"), confirmed("ord_5")];
    assert!(!shop.orders.handle_batch(&twice).await.expect("told so"), "one by one");
}
