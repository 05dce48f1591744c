//! The gateway's own rules, and the books that nobody rewrites.

use chrono::TimeDelta;
use kit::db::retention::forget_old;
use kit::testing::sweeps_by_index;
use payments::gateway::{Authorization, Gateway, GatewayError, IdempotencyKey, Outcome, PaymentToken, Sandbox, Step};
use sea_orm::ConnectionTrait;
use vocab::{CurrencyCode, Money, OrderId};

use super::shop::{Shop, authorize};

fn an_authorization(minor: i64) -> Authorization {
    Authorization {
        reference: OrderId::of_key("1"),
        amount: Money::new(minor, CurrencyCode::USD),
        token: PaymentToken::parse("pm_card_visa").expect("a token"),
    }
}

#[tokio::test]
async fn one_key_has_one_answer_and_takes_no_other_parameters() {
    let shop = Shop::open().await;
    let sandbox = Sandbox::new(shop.db.clone(), shop.clock.clone());
    let key = IdempotencyKey::of(&OrderId::of_key("1"), Step::Authorize);
    let first = sandbox.authorize(&key, &an_authorization(4995)).await.expect("answered");
    assert_eq!(sandbox.authorize(&key, &an_authorization(4995)).await.expect("answered"), first);
    let refused = sandbox.authorize(&key, &an_authorization(9995)).await.expect_err("another amount");
    assert!(matches!(refused, GatewayError::KeyReused(ref key) if key == "ord_1:authorize"), "{refused}");
    assert_eq!(shop.charges().await, ["ord_1 AUTHORIZED 0 0"]);
}

#[tokio::test]
async fn a_call_is_forgotten_once_its_key_counts_as_new_again() {
    let shop = Shop::open().await;
    let sandbox = Sandbox::new(shop.db.clone(), shop.clock.clone());
    let authorize = async |order: &str| {
        let key = IdempotencyKey::of(&OrderId::of_key(order), Step::Authorize);
        sandbox.authorize(&key, &an_authorization(4995)).await.expect("answered");
    };
    authorize("1").await;
    shop.clock.advance(TimeDelta::hours(23));
    authorize("2").await;
    let forget = async || forget_old(&shop.db, &shop.clock, &[Sandbox::retention()]).await.expect("the database works");
    assert_eq!(forget().await, 0);
    shop.clock.advance(TimeDelta::hours(1));
    assert_eq!(forget().await, 1);
    assert_eq!(sweeps_by_index(&shop.db, &[Sandbox::retention()]).await, ["sandbox_call_created_at"]);
    assert_eq!(shop.rows("SELECT key FROM sandbox_call").await, ["ord_2:authorize"]);
}

#[tokio::test]
async fn a_decline_is_remembered_like_any_answer() {
    let shop = Shop::open().await;
    let sandbox = Sandbox::new(shop.db.clone(), shop.clock.clone());
    let key = IdempotencyKey::of(&OrderId::of_key("1"), Step::Authorize);
    let ask = Authorization {
        token: PaymentToken::parse("pm_card_chargeDeclined").expect("a token"),
        ..an_authorization(4995)
    };
    let first = sandbox.authorize(&key, &ask).await.expect("answered");
    assert!(matches!(first, Outcome::Declined(_)));
    assert_eq!(sandbox.authorize(&key, &ask).await.expect("answered"), first);
    assert_eq!(shop.rows("SELECT state FROM sandbox_charge").await, ["FAILED"]);
}

#[tokio::test]
async fn a_charge_is_captured_only_from_its_hold_and_refunded_only_from_its_capture() {
    let shop = Shop::open().await;
    let sandbox = Sandbox::new(shop.db.clone(), shop.clock.clone());
    let order = OrderId::of_key("1");
    let key = |step| IdempotencyKey::of(&order, step);
    let amount = Money::new(4995, CurrencyCode::USD);
    let held = sandbox.authorize(&key(Step::Authorize), &an_authorization(4995)).await.expect("answered");
    let Outcome::Approved(charge) = held else { panic!("a visa is approved") };
    let early = sandbox.refund(&key(Step::Refund), &charge.reference, amount).await.expect_err("nothing is captured");
    assert!(matches!(early, GatewayError::WrongState { .. }), "{early}");
    sandbox.void(&key(Step::Void), &charge.reference).await.expect("voided");
    let late = sandbox.capture(&key(Step::Capture), &charge.reference, amount).await.expect_err("the hold is gone");
    assert!(matches!(late, GatewayError::WrongState { .. }), "{late}");
    let unknown = sandbox.void(&IdempotencyKey::of(&OrderId::of_key("2"), Step::Void), "ch_none").await;
    assert!(matches!(unknown, Err(GatewayError::UnknownCharge(_))));
}

#[tokio::test]
async fn the_ledger_is_append_only() {
    let shop = Shop::open().await;
    shop.follow(&authorize("ord_1", "pm_card_visa")).await;
    for statement in ["UPDATE money_entry SET minor = 0", "DELETE FROM money_entry"] {
        let refused = shop.db.raw().execute_unprepared(statement).await.expect_err("append-only");
        assert!(refused.to_string().contains("append-only"), "{refused}");
    }
}
