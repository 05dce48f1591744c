//! Every way in which a card is declined.

use insta::assert_json_snapshot;
use kit::messaging::MessageHandler;
use serde_json::Value;

use super::shop::{Shop, authorize, capture, void};

#[tokio::test]
async fn every_declining_token_has_its_reason() {
    let shop = Shop::open().await;
    let tokens = [
        "pm_card_chargeDeclined",
        "pm_card_chargeDeclinedInsufficientFunds",
        "pm_card_chargeDeclinedExpiredCard",
        "pm_card_chargeDeclinedIncorrectCvc",
        "pm_card_chargeDeclinedProcessingError",
        "pm_card_visa_chargeDeclinedFraudulent",
        "pm_card_chargeDeclinedLostCard",
        "pm_card_chargeDeclinedStolenCard",
        "pm_card_nobody",
        "tok_visa",
    ];
    let mut answers = Vec::<Value>::new();
    for (number, token) in tokens.iter().enumerate() {
        answers.extend(shop.follow(&authorize(&format!("ord_{number}"), token)).await);
    }
    assert_json_snapshot!(answers, @r#"
    [
      {
        "body": {
          "message": "Your card was declined.",
          "orderId": "ord_0",
          "reason": "card_declined"
        },
        "kind": "payment.declined.v1"
      },
      {
        "body": {
          "message": "Your card has insufficient funds.",
          "orderId": "ord_1",
          "reason": "insufficient_funds"
        },
        "kind": "payment.declined.v1"
      },
      {
        "body": {
          "message": "Your card has expired.",
          "orderId": "ord_2",
          "reason": "expired_card"
        },
        "kind": "payment.declined.v1"
      },
      {
        "body": {
          "message": "Your card's security code is incorrect.",
          "orderId": "ord_3",
          "reason": "incorrect_cvc"
        },
        "kind": "payment.declined.v1"
      },
      {
        "body": {
          "message": "An error occurred while processing your card. Try again.",
          "orderId": "ord_4",
          "reason": "processing_error"
        },
        "kind": "payment.declined.v1"
      },
      {
        "body": {
          "message": "Your card was declined.",
          "orderId": "ord_5",
          "reason": "fraudulent"
        },
        "kind": "payment.declined.v1"
      },
      {
        "body": {
          "message": "Your card was declined.",
          "orderId": "ord_6",
          "reason": "lost_card"
        },
        "kind": "payment.declined.v1"
      },
      {
        "body": {
          "message": "Your card was declined.",
          "orderId": "ord_7",
          "reason": "stolen_card"
        },
        "kind": "payment.declined.v1"
      },
      {
        "body": {
          "message": "There is no payment method `pm_card_nobody`. The sandbox takes test tokens such as `pm_card_visa`.",
          "orderId": "ord_8",
          "reason": "resource_missing"
        },
        "kind": "payment.declined.v1"
      },
      {
        "body": {
          "message": "That is not a payment method token: it starts with `pm_`, then letters, digits and underscores.",
          "orderId": "ord_9",
          "reason": "invalid_token"
        },
        "kind": "payment.declined.v1"
      }
    ]
    "#);
    assert_eq!(shop.charges().await, [""; 0]);
    assert_eq!(shop.balances().await, [""; 0]);
}

#[tokio::test]
async fn every_accepted_token_shows_its_brand() {
    let shop = Shop::open().await;
    let tokens = ["visa", "visa_debit", "mastercard", "amex", "discover", "diners", "jcb", "unionpay"];
    for (number, brand) in tokens.iter().enumerate() {
        let answer = shop.kind(&authorize(&format!("ord_{number}"), &format!("pm_card_{brand}"))).await;
        assert_eq!(answer, "payment.authorized.v1", "{brand}");
    }
    let cards = shop.rows("SELECT brand || ' ' || last4 FROM payment ORDER BY order_id").await;
    assert_eq!(
        cards,
        [
            "visa 4242",
            "visa 5556",
            "mastercard 4444",
            "amex 8431",
            "discover 1117",
            "diners 0004",
            "jcb 0505",
            "unionpay 0005"
        ]
    );
}

#[tokio::test]
async fn a_card_number_is_declined_and_stands_in_no_table() {
    let shop = Shop::open().await;
    assert_json_snapshot!(shop.follow(&authorize("ord_1", "4242 4242 4242 4242")).await, @r#"
    [
      {
        "body": {
          "message": "That looks like a card number, which we neither take nor keep. Send the gateway's token for the card.",
          "orderId": "ord_1",
          "reason": "card_number_refused"
        },
        "kind": "payment.declined.v1"
      }
    ]
    "#);
    shop.kind(&authorize("ord_1", "4242 4242 4242 4242")).await;
    for table in ["payment", "sandbox_charge", "sandbox_call", "outbox", "inbox"] {
        let dump = match table {
            "payment" => "SELECT order_id || COALESCE(token, '') || COALESCE(decline_message, '') FROM payment",
            "sandbox_charge" => "SELECT reference FROM sandbox_charge",
            "sandbox_call" => "SELECT request FROM sandbox_call",
            "outbox" => "SELECT body FROM outbox",
            _ => "SELECT message_id FROM inbox",
        };
        assert!(!shop.rows(dump).await.concat().replace(' ', "").contains("4242424242424242"), "{table}");
    }
}

#[tokio::test]
async fn a_card_number_in_a_body_that_does_not_fit_stays_out_of_the_log() {
    let shop = Shop::open().await;
    let mut command = authorize("ord_1", "pm_card_visa");
    command.body["paymentMethodToken"] = 4_242_424_242_424_242_i64.into();
    let failure = shop.till.handle(&command).await.expect_err("a number is no token");
    assert_eq!(failure.into_anyhow().to_string(), "the body of a `payment.authorize.v1` does not fit");
}

#[tokio::test]
async fn a_declined_order_is_not_captured_and_its_void_changes_nothing() {
    let shop = Shop::open().await;
    shop.follow(&authorize("ord_1", "pm_card_chargeDeclined")).await;
    assert_eq!(shop.kind(&capture("ord_1")).await, "payment.declined.v1");
    assert_eq!(shop.kind(&void("ord_1")).await, "payment.voided.v1");
    assert_eq!(shop.kind(&authorize("ord_1", "pm_card_chargeDeclined")).await, "payment.declined.v1");
}

#[tokio::test]
async fn an_amount_of_nothing_is_declined() {
    let shop = Shop::open().await;
    let mut free = authorize("ord_1", "pm_card_visa");
    free.body["amount"]["minor"] = 0.into();
    assert_eq!(shop.follow(&free).await[0]["body"]["reason"], "amount_too_small");
}
