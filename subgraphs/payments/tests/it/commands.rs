//! Commands in order, again, and out of order.

use insta::assert_json_snapshot;
use kit::messaging::MessageHandler;
use kit::testing::sent;

use super::shop::{Shop, authorize, capture, void};

#[tokio::test]
async fn an_order_is_authorized_then_captured() {
    let shop = Shop::open().await;
    assert_json_snapshot!(shop.follow(&authorize("ord_1", "pm_card_visa")).await, @r#"
    [
      {
        "body": {
          "orderId": "ord_1",
          "paymentId": "pay_1"
        },
        "kind": "payment.authorized.v1"
      }
    ]
    "#);
    assert_eq!(shop.balances().await, ["held 4995", "shopper -4995"]);
    assert_json_snapshot!(shop.follow(&capture("ord_1")).await, @r#"
    [
      {
        "body": {
          "orderId": "ord_1"
        },
        "kind": "payment.captured.v1"
      }
    ]
    "#);
    assert_eq!(shop.balances().await, ["captured 4995", "shopper -4995"]);
    assert_eq!(shop.charges().await, ["ord_1 CAPTURED 4995 0"]);
}

#[tokio::test]
async fn a_void_releases_an_authorization() {
    let shop = Shop::open().await;
    shop.follow(&authorize("ord_1", "pm_card_visa")).await;
    assert_json_snapshot!(shop.follow(&void("ord_1")).await, @r#"
    [
      {
        "body": {
          "orderId": "ord_1"
        },
        "kind": "payment.voided.v1"
      }
    ]
    "#);
    assert_eq!(shop.balances().await, [""; 0]);
    assert_eq!(shop.charges().await, ["ord_1 VOIDED 0 0"]);
}

#[tokio::test]
async fn a_void_refunds_a_capture() {
    let shop = Shop::open().await;
    shop.follow(&authorize("ord_1", "pm_card_visa")).await;
    shop.follow(&capture("ord_1")).await;
    assert_eq!(shop.kind(&void("ord_1")).await, "payment.voided.v1");
    assert_eq!(shop.balances().await, ["captured 4995", "refunded -4995"]);
    assert_eq!(shop.charges().await, ["ord_1 REFUNDED 4995 4995"]);
}

#[tokio::test]
async fn a_command_that_comes_again_is_answered_again_under_the_same_id_and_moves_nothing() {
    let shop = Shop::open().await;
    for command in [authorize("ord_1", "pm_card_visa"), capture("ord_1"), void("ord_1")] {
        let before = sent(&shop.db).await.len();
        for _ in 0..3 {
            shop.till.handle(&command).await.expect("followed");
        }
        let replies = sent(&shop.db).await.split_off(before);
        assert_eq!(replies.len(), 3);
        assert!(replies.iter().all(|reply| reply == &replies[0]), "{replies:?}");
    }
    assert_eq!(shop.charges().await, ["ord_1 REFUNDED 4995 4995"]);
    assert_eq!(shop.rows("SELECT event FROM money_entry WHERE minor > 0 ORDER BY event").await.len(), 3);
}

#[tokio::test]
async fn the_first_answer_to_an_authorization_stands_whatever_happened_since() {
    let shop = Shop::open().await;
    shop.follow(&authorize("ord_1", "pm_card_visa")).await;
    shop.follow(&void("ord_1")).await;
    assert_eq!(shop.kind(&authorize("ord_1", "pm_card_visa")).await, "payment.authorized.v1");
    assert_eq!(shop.charges().await, ["ord_1 VOIDED 0 0"]);
}

#[tokio::test]
async fn what_is_voided_first_is_never_authorized() {
    let shop = Shop::open().await;
    assert_eq!(shop.kind(&void("ord_1")).await, "payment.voided.v1");
    assert_json_snapshot!(shop.follow(&authorize("ord_1", "pm_card_visa")).await, @r#"
    [
      {
        "body": {
          "message": "The order was cancelled, so nothing is charged.",
          "orderId": "ord_1",
          "reason": "cancelled"
        },
        "kind": "payment.declined.v1"
      }
    ]
    "#);
    assert_eq!(shop.charges().await, [""; 0]);
}

#[tokio::test]
async fn a_capture_after_a_void_takes_nothing() {
    let shop = Shop::open().await;
    shop.follow(&authorize("ord_1", "pm_card_visa")).await;
    shop.follow(&void("ord_1")).await;
    assert_json_snapshot!(shop.follow(&capture("ord_1")).await, @r#"
    [
      {
        "body": {
          "message": "The order was cancelled, so nothing is charged.",
          "orderId": "ord_1",
          "reason": "cancelled"
        },
        "kind": "payment.declined.v1"
      }
    ]
    "#);
    assert_eq!(shop.charges().await, ["ord_1 VOIDED 0 0"]);
}

#[tokio::test]
async fn a_capture_without_an_authorization_takes_nothing() {
    let shop = Shop::open().await;
    assert_json_snapshot!(shop.follow(&capture("ord_1")).await, @r#"
    [
      {
        "body": {
          "message": "No payment was authorized for this order, so nothing can be charged.",
          "orderId": "ord_1",
          "reason": "not_authorized"
        },
        "kind": "payment.declined.v1"
      }
    ]
    "#);
}

#[tokio::test]
async fn an_authorization_that_lapsed_is_not_captured() {
    let shop = Shop::open().await;
    shop.follow(&authorize("ord_1", "pm_card_visa")).await;
    shop.clock.advance(chrono::TimeDelta::days(8));
    assert_json_snapshot!(shop.follow(&capture("ord_1")).await, @r#"
    [
      {
        "body": {
          "message": "The authorization has lapsed: the charge can no longer be captured.",
          "orderId": "ord_1",
          "reason": "charge_expired_for_capture"
        },
        "kind": "payment.declined.v1"
      }
    ]
    "#);
    assert_eq!(shop.balances().await, [""; 0]);
    assert_eq!(shop.kind(&void("ord_1")).await, "payment.voided.v1");
}

#[tokio::test]
async fn everything_at_once_still_charges_once_at_most_and_ends_without_money() {
    let shop = Shop::open().await;
    let mut racing = tokio::task::JoinSet::new();
    for round in 0..12 {
        let till = shop.till.clone();
        let command = match round % 3 {
            0 => authorize("ord_1", "pm_card_visa"),
            1 => capture("ord_1"),
            _ => void("ord_1"),
        };
        racing.spawn(async move { till.handle(&command).await.expect("followed") });
    }
    racing.join_all().await;
    assert_eq!(shop.kind(&void("ord_1")).await, "payment.voided.v1");
    assert!(shop.charges().await.len() <= 1, "{:?}", shop.charges().await);
    let owed = shop.rows("SELECT '' || COALESCE(SUM(minor), 0) FROM money_entry WHERE account <> 'shopper'").await;
    assert_eq!(owed, ["0"]);
}

#[tokio::test]
async fn other_terms_for_the_same_order_are_a_fault_and_charge_nothing_more() {
    let shop = Shop::open().await;
    shop.follow(&authorize("ord_1", "pm_card_visa")).await;
    let mut dearer = authorize("ord_1", "pm_card_visa");
    dearer.body["amount"]["minor"] = 9995.into();
    shop.till.handle(&dearer).await.expect_err("not what was authorized");
    assert_eq!(shop.charges().await, ["ord_1 AUTHORIZED 0 0"]);
}
