//! We crash between the gateway's answer and our commit.

use std::sync::Arc;

use kit::messaging::{Message, MessageHandler};
use kit::testing::sent;
use payments::gateway::Step;

use super::shop::{Fault, Shop, authorize, capture, void};

/// Every step, the commands that lead there, and what the gateway's books and ours must say in the end.
pub fn cases() -> Vec<(Step, Vec<Message>, &'static str, Vec<&'static str>)> {
    let (charge, take, undo) = (authorize("ord_1", "pm_card_visa"), capture("ord_1"), void("ord_1"));
    vec![
        (Step::Authorize, vec![charge.clone()], "ord_1 AUTHORIZED 0 0", vec!["held 4995", "shopper -4995"]),
        (
            Step::Capture,
            vec![charge.clone(), take.clone()],
            "ord_1 CAPTURED 4995 0",
            vec!["captured 4995", "shopper -4995"],
        ),
        (Step::Void, vec![charge.clone(), undo.clone()], "ord_1 VOIDED 0 0", vec![]),
        (Step::Refund, vec![charge, take, undo], "ord_1 REFUNDED 4995 4995", vec!["captured 4995", "refunded -4995"]),
    ]
}

#[tokio::test]
async fn a_call_without_an_answer_is_made_again_and_money_moves_once() {
    for fault in [|| Fault::Unreached, || Fault::AnswerLost] {
        for (step, commands, charge, balances) in cases() {
            let shop = Shop::open().await;
            shop.gateway.fail_once(step, fault());
            let mut failures = 0;
            for command in &commands {
                if shop.till.handle(command).await.is_err() {
                    failures += 1;
                    shop.till.handle(command).await.expect("the second time");
                }
            }
            assert_eq!(failures, 1, "{step:?} was reached");
            assert_eq!(shop.charges().await, [charge], "{step:?}");
            assert_eq!(shop.balances().await, balances, "{step:?}");
            assert_eq!(sent(&shop.db).await.len(), commands.len(), "one reply to each command");
        }
    }
}

#[tokio::test]
async fn a_process_that_died_after_the_charge_leaves_nothing_that_is_done_twice() {
    for (step, commands, charge, balances) in cases() {
        let shop = Shop::open().await;
        shop.gateway.fail_once(step, Fault::WeDie);
        let mut deaths = 0;
        for command in &commands {
            let (till, dying) = (Arc::clone(&shop.till), command.clone());
            if tokio::spawn(async move { till.handle(&dying).await.is_ok() }).await.is_err() {
                deaths += 1;
                shop.till.handle(command).await.expect("the next life");
            }
        }
        assert_eq!(deaths, 1, "{step:?} was reached");
        assert_eq!(shop.charges().await, [charge], "{step:?}");
        assert_eq!(shop.balances().await, balances, "{step:?}");
    }
}

#[tokio::test]
async fn a_void_finds_the_charge_that_a_crash_hid() {
    let shop = Shop::open().await;
    shop.gateway.fail_once(Step::Authorize, Fault::AnswerLost);
    shop.till.handle(&authorize("ord_1", "pm_card_visa")).await.expect_err("the answer is lost");
    assert_eq!(shop.kind(&void("ord_1")).await, "payment.voided.v1");
    assert_eq!(shop.charges().await, ["ord_1 VOIDED 0 0"]);
    assert_eq!(shop.balances().await, [""; 0]);
}

#[tokio::test]
async fn a_void_refunds_the_capture_that_a_crash_hid() {
    let shop = Shop::open().await;
    shop.follow(&authorize("ord_1", "pm_card_visa")).await;
    shop.gateway.fail_once(Step::Capture, Fault::AnswerLost);
    shop.till.handle(&capture("ord_1")).await.expect_err("the answer is lost");
    assert_eq!(shop.kind(&void("ord_1")).await, "payment.voided.v1");
    assert_eq!(shop.charges().await, ["ord_1 REFUNDED 4995 4995"]);
    assert_eq!(shop.kind(&capture("ord_1")).await, "payment.captured.v1");
}

/// A till stands still after the gateway's answer, as a process does that was stopped. Meanwhile a second one follows
/// `meanwhile` to its end; then the first goes on. Gives all replies.
async fn overtake(shop: &Shop, step: Step, stopped: Message, meanwhile: &[Message]) -> Vec<String> {
    let paused = shop.gateway.pause_once(step);
    let till = Arc::clone(&shop.till);
    let first = tokio::spawn(async move { till.handle(&stopped).await });
    paused.reached.await.expect("the first till is at the gateway");
    for command in meanwhile {
        shop.till.handle(command).await.expect("followed by the second till");
    }
    paused.resume.send(()).expect("the first till waits");
    first.await.expect("it lives").expect("it follows its command to the end");
    sent(&shop.db).await.into_iter().map(|(_, reply)| reply.kind).collect()
}

#[tokio::test]
async fn a_void_while_the_authorization_is_on_its_way_releases_it() {
    let shop = Shop::open().await;
    let replies =
        overtake(&shop, Step::Authorize, authorize("ord_1", "pm_card_visa"), &[void("ord_1"), capture("ord_1")]).await;
    assert_eq!(replies, ["payment.voided.v1", "payment.declined.v1", "payment.authorized.v1"]);
    assert_eq!(shop.charges().await, ["ord_1 VOIDED 0 0"]);
    assert_eq!(shop.balances().await, [""; 0]);
}

#[tokio::test]
async fn a_void_while_the_capture_is_on_its_way_gives_the_money_back() {
    let shop = Shop::open().await;
    shop.follow(&authorize("ord_1", "pm_card_visa")).await;
    let replies = overtake(&shop, Step::Capture, capture("ord_1"), &[void("ord_1")]).await;
    assert_eq!(replies, ["payment.authorized.v1", "payment.voided.v1", "payment.captured.v1"]);
    assert_eq!(shop.charges().await, ["ord_1 REFUNDED 4995 4995"]);
    assert_eq!(shop.balances().await, ["captured 4995", "refunded -4995"]);
}

#[tokio::test]
async fn a_till_that_wakes_late_writes_nothing_twice() {
    for (step, mut commands, charge, balances) in cases() {
        let shop = Shop::open().await;
        let last = commands.pop().expect("a command");
        for command in &commands {
            shop.follow(command).await;
        }
        let replies = overtake(&shop, step, last.clone(), &[last]).await;
        assert_eq!(replies.len(), commands.len() + 2, "each of the two tills replies: {replies:?}");
        assert_eq!(shop.charges().await, [charge], "{step:?}");
        assert_eq!(shop.balances().await, balances, "{step:?}");
    }
}
