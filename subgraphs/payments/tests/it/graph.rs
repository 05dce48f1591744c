//! What an order shows of its payment, and to whom.

use insta::assert_json_snapshot;
use kit::Viewer;

use super::shop::{Shop, authorize, capture, void};

fn ada() -> Viewer {
    Viewer::user("user_ada")
}

fn orders(ids: &[&str]) -> String {
    let keys: Vec<String> = ids.iter().map(|id| format!("{{ __typename: \"Order\", id: \"{id}\" }}")).collect();
    format!(
        "{{ _entities(representations: [{}]) {{ ... on Order {{ id paymentState payments {{ id amount {{ minor currency decimal }} \
         refunded {{ minor }} provider brand last4 createdAt }} }} }} }}",
        keys.join(", ")
    )
}

#[tokio::test]
async fn an_order_shows_its_payment() {
    let shop = Shop::open().await;
    shop.follow(&authorize("ord_1", "pm_card_visa")).await;
    shop.follow(&capture("ord_1")).await;
    assert_json_snapshot!(shop.ask(&ada(), &orders(&["ord_1"])).await, @r#"
    {
      "data": {
        "_entities": [
          {
            "id": "ord_1",
            "paymentState": "PAID",
            "payments": [
              {
                "amount": {
                  "currency": "USD",
                  "decimal": "49.95",
                  "minor": "4995"
                },
                "brand": "visa",
                "createdAt": "2026-01-05T12:00:00+00:00",
                "id": "pay_1",
                "last4": "4242",
                "provider": "Sandbox",
                "refunded": {
                  "minor": "0"
                }
              }
            ]
          }
        ]
      }
    }
    "#);
}

#[tokio::test]
async fn somebody_elses_order_a_missing_one_and_no_id_at_all_are_null() {
    let shop = Shop::open().await;
    shop.follow(&authorize("ord_1", "pm_card_visa")).await;
    let document = orders(&["ord_1", "ord_missing", "no id"]);
    let mut answers = Vec::new();
    for stranger in [Viewer::user("user_eve"), Viewer::guest("a secret"), Viewer::anonymous()] {
        answers.push(shop.ask(&stranger, &document).await);
    }
    assert!(answers.iter().all(|answer| answer == &answers[0]), "{answers:?}");
    assert_json_snapshot!(answers[0], @r#"
    {
      "data": {
        "_entities": [
          null,
          null,
          null
        ]
      }
    }
    "#);
    let payment =
        r#"{ _entities(representations: [{ __typename: "Payment", id: "pay_1" }]) { ... on Payment { last4 } } }"#;
    assert_json_snapshot!(shop.ask(&Viewer::user("user_eve"), payment).await, @r#"
    {
      "data": {
        "_entities": [
          null
        ]
      }
    }
    "#);
    assert_json_snapshot!(shop.ask(&ada(), payment).await, @r#"
    {
      "data": {
        "_entities": [
          {
            "last4": "4242"
          }
        ]
      }
    }
    "#);
}

#[tokio::test]
async fn a_guest_sees_the_payment_of_a_guests_order() {
    let shop = Shop::open().await;
    let mut command = authorize("ord_1", "pm_card_visa");
    command.body["owner"] = kit::Owner::guest("a secret").as_str().into();
    shop.follow(&command).await;
    let answer = shop.ask(&Viewer::guest("a secret"), &orders(&["ord_1"])).await;
    assert_eq!(answer["data"]["_entities"][0]["paymentState"], "AUTHORIZED");
}

#[tokio::test]
async fn each_state_has_its_name() {
    let shop = Shop::open().await;
    for order in ["ord_authorized", "ord_paid", "ord_voided", "ord_refunded"] {
        shop.follow(&authorize(order, "pm_card_visa")).await;
    }
    shop.follow(&authorize("ord_failed", "pm_card_chargeDeclined")).await;
    shop.follow(&capture("ord_paid")).await;
    shop.follow(&void("ord_voided")).await;
    shop.follow(&capture("ord_refunded")).await;
    shop.follow(&void("ord_refunded")).await;
    let document = orders(&["ord_authorized", "ord_paid", "ord_voided", "ord_refunded", "ord_failed"])
        .replace("amount { minor currency decimal } ", "")
        .replace("provider brand last4 createdAt", "");
    assert_json_snapshot!(shop.ask(&ada(), &document).await, @r#"
    {
      "data": {
        "_entities": [
          {
            "id": "ord_authorized",
            "paymentState": "AUTHORIZED",
            "payments": [
              {
                "id": "pay_authorized",
                "refunded": {
                  "minor": "0"
                }
              }
            ]
          },
          {
            "id": "ord_paid",
            "paymentState": "PAID",
            "payments": [
              {
                "id": "pay_paid",
                "refunded": {
                  "minor": "0"
                }
              }
            ]
          },
          {
            "id": "ord_voided",
            "paymentState": "VOIDED",
            "payments": [
              {
                "id": "pay_voided",
                "refunded": {
                  "minor": "0"
                }
              }
            ]
          },
          {
            "id": "ord_refunded",
            "paymentState": "REFUNDED",
            "payments": [
              {
                "id": "pay_refunded",
                "refunded": {
                  "minor": "4995"
                }
              }
            ]
          },
          {
            "id": "ord_failed",
            "paymentState": "FAILED",
            "payments": []
          }
        ]
      }
    }
    "#);
}

#[tokio::test]
async fn twenty_orders_cost_as_many_statements_as_one() {
    let shop = Shop::open().await;
    let ids: Vec<String> = (0..20).map(|number| format!("ord_{number}")).collect();
    for id in &ids {
        shop.follow(&authorize(id, "pm_card_visa")).await;
    }
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let mut costs = Vec::new();
    for keys in [&ids[..1], &ids[..]] {
        let before = shop.db.statements();
        shop.ask(&ada(), &orders(keys)).await;
        costs.push(shop.db.statements() - before);
    }
    assert_eq!(costs, [1, 1]);
}

#[tokio::test]
async fn nobody_costs_no_statement() {
    let shop = Shop::open().await;
    let before = shop.db.statements();
    shop.ask(&Viewer::anonymous(), &orders(&["ord_1", "ord_2"])).await;
    assert_eq!(shop.db.statements() - before, 0);
}
