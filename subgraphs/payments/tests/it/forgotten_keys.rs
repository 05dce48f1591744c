//! Keys that the gateway has forgotten, and charges that somebody has moved in the gateway's own dashboard.

use std::sync::atomic::Ordering;

use chrono::TimeDelta;
use kit::messaging::{Message, MessageHandler};
use payments::gateway::{Authorization, Gateway, IdempotencyKey, PaymentToken, Step};
use vocab::{CurrencyCode, Money, OrderId};

use super::crashes::cases;
use super::shop::{Fault, Shop, authorize, capture, void};

const LONGER_THAN_KEYS_LAST: TimeDelta = TimeDelta::hours(25);

fn usd(minor: i64) -> Money {
    Money::new(minor, CurrencyCode::USD)
}

/// The key of whoever clicks in the dashboard.
fn somebody_s() -> IdempotencyKey {
    IdempotencyKey::of(&OrderId::of_key("dashboard"), Step::Refund)
}

async fn paid(shop: &Shop, commands: &[Message]) -> String {
    for command in commands {
        shop.follow(command).await;
    }
    shop.rows("SELECT charge FROM payment").await.remove(0)
}

#[tokio::test]
async fn the_gateway_forgets_its_keys_after_a_day() {
    let shop = Shop::open().await;
    let (sandbox, order) = (&shop.gateway.sandbox, OrderId::of_key("1"));
    let key = IdempotencyKey::of(&order, Step::Authorize);
    let token = PaymentToken::parse("pm_card_visa").expect("a token");
    let ask = Authorization { reference: order, amount: usd(4995), token };
    for _ in 0..2 {
        sandbox.authorize(&key, &ask).await.expect("answered");
        shop.clock.advance(TimeDelta::hours(23));
    }
    assert_eq!(shop.charges().await, ["ord_1 AUTHORIZED 0 0"], "within a day it is the same call");
    shop.clock.advance(TimeDelta::hours(2));
    sandbox.authorize(&key, &ask).await.expect("answered");
    assert_eq!(shop.charges().await, ["ord_1 AUTHORIZED 0 0"; 2], "and then it is another");
}

#[tokio::test]
async fn a_call_whose_answer_was_lost_is_done_once_though_its_key_is_forgotten() {
    for (lost, fault) in [(true, (|| Fault::AnswerLost) as fn() -> Fault), (false, || Fault::Unreached)] {
        for (step, commands, charge, balances) in cases() {
            let shop = Shop::open().await;
            shop.gateway.fail_once(step, fault());
            let mut failures = 0;
            for command in &commands {
                if shop.till.handle(command).await.is_err() {
                    failures += 1;
                    shop.clock.advance(LONGER_THAN_KEYS_LAST);
                    shop.till.handle(command).await.expect("a day later");
                }
            }
            assert_eq!(failures, 1, "{step:?} was reached");
            assert_eq!(shop.charges().await, [charge], "{step:?}, lost: {lost}");
            assert_eq!(shop.balances().await, balances, "{step:?}, lost: {lost}");
            assert_eq!(shop.gateway.looked_up.load(Ordering::Relaxed), 1, "only what is in doubt is looked up");
        }
    }
}

#[tokio::test]
async fn a_void_finds_the_charge_whose_key_is_forgotten() {
    let shop = Shop::open().await;
    shop.gateway.fail_once(Step::Authorize, Fault::AnswerLost);
    shop.till.handle(&authorize("ord_1", "pm_card_visa")).await.expect_err("the answer is lost");
    shop.clock.advance(LONGER_THAN_KEYS_LAST);
    assert_eq!(shop.kind(&void("ord_1")).await, "payment.voided.v1");
    assert_eq!(shop.charges().await, ["ord_1 VOIDED 0 0"]);
}

#[tokio::test]
async fn what_was_refunded_in_the_dashboard_counts_as_refunded() {
    let shop = Shop::open().await;
    let charge = paid(&shop, &[authorize("ord_1", "pm_card_visa"), capture("ord_1")]).await;
    shop.gateway.sandbox.refund(&somebody_s(), &charge, usd(4995)).await.expect("refunded");
    assert_eq!(shop.kind(&void("ord_1")).await, "payment.voided.v1");
    assert_eq!(shop.charges().await, ["ord_1 REFUNDED 4995 4995"]);
    assert_eq!(shop.balances().await, ["captured 4995", "refunded -4995"]);
}

#[tokio::test]
async fn of_what_was_refunded_in_part_the_rest_is_refunded() {
    for fault in [None, Some(Fault::AnswerLost), Some(Fault::Unreached)] {
        let shop = Shop::open().await;
        let charge = paid(&shop, &[authorize("ord_1", "pm_card_visa"), capture("ord_1")]).await;
        shop.gateway.sandbox.refund(&somebody_s(), &charge, usd(2000)).await.expect("refunded");
        if let Some(fault) = fault {
            shop.gateway.fail_once(Step::Refund, fault);
            let _ = shop.till.handle(&void("ord_1")).await;
            shop.clock.advance(LONGER_THAN_KEYS_LAST);
        }
        assert_eq!(shop.kind(&void("ord_1")).await, "payment.voided.v1");
        assert_eq!(shop.charges().await, ["ord_1 REFUNDED 4995 4995"]);
        assert_eq!(shop.balances().await, ["captured 4995", "refunded -4995"]);
    }
}

#[tokio::test]
async fn what_was_voided_in_the_dashboard_is_not_captured_and_counts_as_voided() {
    for (command, reply) in [(capture("ord_1"), "payment.declined.v1"), (void("ord_1"), "payment.voided.v1")] {
        let shop = Shop::open().await;
        let charge = paid(&shop, &[authorize("ord_1", "pm_card_visa")]).await;
        shop.gateway.sandbox.void(&somebody_s(), &charge).await.expect("voided");
        assert_eq!(shop.kind(&command).await, reply);
        assert_eq!(shop.kind(&void("ord_1")).await, "payment.voided.v1");
        assert_eq!(shop.charges().await, ["ord_1 VOIDED 0 0"]);
        assert_eq!(shop.balances().await, [""; 0]);
    }
}

#[tokio::test]
async fn what_was_captured_in_the_dashboard_is_captured_once_and_a_void_refunds_it() {
    for (commands, books, balances) in [
        (vec![capture("ord_1")], "ord_1 CAPTURED 4995 0", vec!["captured 4995", "shopper -4995"]),
        (vec![void("ord_1")], "ord_1 REFUNDED 4995 4995", vec!["captured 4995", "refunded -4995"]),
    ] {
        let shop = Shop::open().await;
        let charge = paid(&shop, &[authorize("ord_1", "pm_card_visa")]).await;
        shop.gateway.sandbox.capture(&somebody_s(), &charge, usd(4995)).await.expect("captured");
        for command in &commands {
            shop.follow(command).await;
        }
        assert_eq!(shop.charges().await, [books]);
        assert_eq!(shop.balances().await, balances);
    }
}

#[tokio::test]
async fn a_charge_that_the_gateway_has_lost_is_neither_captured_nor_in_the_way_of_a_void() {
    for (command, reply) in [(capture("ord_1"), "payment.declined.v1"), (void("ord_1"), "payment.voided.v1")] {
        let shop = Shop::open().await;
        paid(&shop, &[authorize("ord_1", "pm_card_visa")]).await;
        shop.tamper("DELETE FROM sandbox_charge").await;
        assert_eq!(shop.kind(&command).await, reply);
        assert_eq!(shop.balances().await, [""; 0]);
    }
}

#[tokio::test]
async fn a_charge_of_another_amount_under_our_reference_is_not_taken_for_ours() {
    let shop = Shop::open().await;
    shop.gateway.fail_once(Step::Authorize, Fault::AnswerLost);
    shop.till.handle(&authorize("ord_1", "pm_card_visa")).await.expect_err("the answer is lost");
    shop.tamper("UPDATE sandbox_charge SET amount_minor = 1").await;
    let refused = shop.till.handle(&authorize("ord_1", "pm_card_visa")).await.expect_err("another amount");
    assert!(format!("{:#}", refused.into_anyhow()).contains("which asks for"));
}
