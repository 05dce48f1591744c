//! What an order shows of its delivery, and to whom.

use insta::assert_json_snapshot;
use kit::Viewer;
use kit::messaging::{Message, MessageHandler};
use shipping::OrderEvents;

use super::depot::{Depot, cancel, create};

fn ada() -> Viewer {
    Viewer::user("user_ada")
}

fn orders(ids: &[&str]) -> String {
    let keys: Vec<String> = ids.iter().map(|id| format!("{{ __typename: \"Order\", id: \"{id}\" }}")).collect();
    format!(
        "{{ _entities(representations: [{}]) {{ ... on Order {{ id fulfillmentState shipments {{ id state \
         lines {{ orderLineId quantity }} parcels {{ carrier trackingNumber trackingUrl }} estimatedDelivery \
         events {{ at state place message }} }} }} }} }}",
        keys.join(", ")
    )
}

#[tokio::test]
async fn the_rates_to_a_country_are_told_to_anybody() {
    let depot = Depot::open().await;
    let document = r#"{
        shippingRates(country: "CA") {
            method name country maxWeightGrams price { minor currency decimal } minDays maxDays
        }
    }"#;
    assert_json_snapshot!(depot.ask(&Viewer::anonymous(), document).await, @r#"
    {
      "data": {
        "shippingRates": [
          {
            "country": "CA",
            "maxDays": 4,
            "maxWeightGrams": 1000,
            "method": "express",
            "minDays": 2,
            "name": "Express",
            "price": {
              "currency": "USD",
              "decimal": "24.95",
              "minor": "2495"
            }
          },
          {
            "country": "CA",
            "maxDays": 4,
            "maxWeightGrams": 5000,
            "method": "express",
            "minDays": 2,
            "name": "Express",
            "price": {
              "currency": "USD",
              "decimal": "39.95",
              "minor": "3995"
            }
          },
          {
            "country": "CA",
            "maxDays": 4,
            "maxWeightGrams": 15000,
            "method": "express",
            "minDays": 2,
            "name": "Express",
            "price": {
              "currency": "USD",
              "decimal": "74.95",
              "minor": "7495"
            }
          },
          {
            "country": "CA",
            "maxDays": 4,
            "maxWeightGrams": 30000,
            "method": "express",
            "minDays": 2,
            "name": "Express",
            "price": {
              "currency": "USD",
              "decimal": "119.95",
              "minor": "11995"
            }
          },
          {
            "country": "CA",
            "maxDays": 9,
            "maxWeightGrams": 1000,
            "method": "standard",
            "minDays": 5,
            "name": "Standard",
            "price": {
              "currency": "USD",
              "decimal": "9.95",
              "minor": "995"
            }
          },
          {
            "country": "CA",
            "maxDays": 9,
            "maxWeightGrams": 5000,
            "method": "standard",
            "minDays": 5,
            "name": "Standard",
            "price": {
              "currency": "USD",
              "decimal": "17.95",
              "minor": "1795"
            }
          },
          {
            "country": "CA",
            "maxDays": 9,
            "maxWeightGrams": 15000,
            "method": "standard",
            "minDays": 5,
            "name": "Standard",
            "price": {
              "currency": "USD",
              "decimal": "34.95",
              "minor": "3495"
            }
          },
          {
            "country": "CA",
            "maxDays": 9,
            "maxWeightGrams": 30000,
            "method": "standard",
            "minDays": 5,
            "name": "Standard",
            "price": {
              "currency": "USD",
              "decimal": "59.95",
              "minor": "5995"
            }
          }
        ]
      }
    }
    "#);
}

#[tokio::test]
async fn where_we_do_not_deliver_there_are_no_rates() {
    let depot = Depot::open().await;
    let document = r#"{ shippingRates(country: "AQ") { method } }"#;
    assert_json_snapshot!(depot.ask(&Viewer::anonymous(), document).await, @r#"
    {
      "data": {
        "shippingRates": []
      }
    }
    "#);
}

#[tokio::test]
async fn an_order_shows_its_shipment() {
    let depot = Depot::open().await;
    depot.follow(&create("ord_1")).await;
    assert_json_snapshot!(depot.ask(&ada(), &orders(&["ord_1"])).await, @r#"
    {
      "data": {
        "_entities": [
          {
            "fulfillmentState": "IN_PROGRESS",
            "id": "ord_1",
            "shipments": [
              {
                "estimatedDelivery": "2026-01-10T12:00:00+00:00",
                "events": [
                  {
                    "at": "2026-01-05T12:00:00+00:00",
                    "message": "The carrier has been told to expect the parcel.",
                    "place": null,
                    "state": "LABEL_CREATED"
                  }
                ],
                "id": "shp_1",
                "lines": [
                  {
                    "orderLineId": "oln_1",
                    "quantity": 2
                  },
                  {
                    "orderLineId": "oln_2",
                    "quantity": 1
                  }
                ],
                "parcels": [
                  {
                    "carrier": "Sandbox",
                    "trackingNumber": "MSB6612760607490199",
                    "trackingUrl": null
                  }
                ],
                "state": "LABEL_CREATED"
              }
            ]
          }
        ]
      }
    }
    "#);
}

#[tokio::test]
async fn a_cancelled_shipment_says_so() {
    let depot = Depot::open().await;
    depot.follow(&create("ord_1")).await;
    depot.clock.advance(chrono::TimeDelta::minutes(30));
    depot.follow(&cancel("ord_1")).await;
    assert_json_snapshot!(depot.ask(&ada(), &orders(&["ord_1"])).await, @r#"
    {
      "data": {
        "_entities": [
          {
            "fulfillmentState": "UNFULFILLED",
            "id": "ord_1",
            "shipments": [
              {
                "estimatedDelivery": null,
                "events": [
                  {
                    "at": "2026-01-05T12:00:00+00:00",
                    "message": "The carrier has been told to expect the parcel.",
                    "place": null,
                    "state": "LABEL_CREATED"
                  },
                  {
                    "at": "2026-01-05T12:30:00+00:00",
                    "message": "The shipment was cancelled.",
                    "place": null,
                    "state": "CANCELLED"
                  }
                ],
                "id": "shp_1",
                "lines": [
                  {
                    "orderLineId": "oln_1",
                    "quantity": 2
                  },
                  {
                    "orderLineId": "oln_2",
                    "quantity": 1
                  }
                ],
                "parcels": [
                  {
                    "carrier": "Sandbox",
                    "trackingNumber": "MSB6612760607490199",
                    "trackingUrl": null
                  }
                ],
                "state": "CANCELLED"
              }
            ]
          }
        ]
      }
    }
    "#);
}

#[tokio::test]
async fn a_refused_shipment_is_none() {
    let depot = Depot::open().await;
    let mut refused = create("ord_1");
    refused.body["address"]["postalCode"] = "00000".into();
    depot.follow(&refused).await;
    assert_json_snapshot!(depot.ask(&ada(), &orders(&["ord_1"])).await, @r#"
    {
      "data": {
        "_entities": [
          {
            "fulfillmentState": "UNFULFILLED",
            "id": "ord_1",
            "shipments": []
          }
        ]
      }
    }
    "#);
}

#[tokio::test]
async fn somebody_elses_order_a_missing_one_and_no_id_at_all_are_null() {
    let depot = Depot::open().await;
    depot.follow(&create("ord_1")).await;
    let document = orders(&["ord_1", "ord_missing", "no id"]);
    let mut answers = Vec::new();
    for stranger in [Viewer::user("user_eve"), Viewer::guest("a secret"), Viewer::anonymous()] {
        answers.push(depot.ask(&stranger, &document).await);
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
    let shipment =
        r#"{ _entities(representations: [{ __typename: "Shipment", id: "shp_1" }]) { ... on Shipment { state } } }"#;
    assert_json_snapshot!(depot.ask(&Viewer::user("user_eve"), shipment).await, @r#"
    {
      "data": {
        "_entities": [
          null
        ]
      }
    }
    "#);
    assert_json_snapshot!(depot.ask(&ada(), shipment).await, @r#"
    {
      "data": {
        "_entities": [
          {
            "state": "LABEL_CREATED"
          }
        ]
      }
    }
    "#);
}

#[tokio::test]
async fn a_guest_sees_the_shipment_of_a_guests_order() {
    let depot = Depot::open().await;
    let mut command = create("ord_1");
    command.body["owner"] = kit::Owner::guest("a secret").as_str().into();
    depot.follow(&command).await;
    let answer = depot.ask(&Viewer::guest("a secret"), &orders(&["ord_1"])).await;
    assert_eq!(answer["data"]["_entities"][0]["fulfillmentState"], "IN_PROGRESS");
}

#[tokio::test]
async fn twenty_orders_cost_as_many_statements_as_one() {
    let depot = Depot::open().await;
    let ids: Vec<String> = (0..20).map(|number| format!("ord_{number}")).collect();
    for id in &ids {
        depot.follow(&create(id)).await;
    }
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let mut costs = Vec::new();
    for keys in [&ids[..1], &ids[..]] {
        let before = depot.db.statements();
        depot.ask(&ada(), &orders(keys)).await;
        costs.push(depot.db.statements() - before);
    }
    assert_eq!(costs, [2, 2]);
}

#[tokio::test]
async fn a_parcel_goes_with_its_order_and_older_news_of_that_changes_nothing() {
    let depot = Depot::open().await;
    let claimed: serde_json::Value =
        serde_json::from_str(include_str!("../../../../docs/messages/order.claimed.v1.json")).expect("JSON");
    let order = claimed["orderId"].as_str().expect("an order");
    depot.follow(&create(order)).await;
    let said = async |owner: &str, version: i32| {
        let mut body = claimed.clone();
        (body["owner"], body["ownerVersion"]) = (owner.into(), version.into());
        let message = Message::new("order.claimed.v1", order, &body).expect("plain data");
        OrderEvents(depot.store.clone()).handle(&message).await.expect("it is heard");
        depot.rows("SELECT owner FROM shipment").await.remove(0)
    };
    assert_eq!(said("user:user_bob", 2).await, "user:user_bob");
    assert_eq!(said("guest:before", 1).await, "user:user_bob");
    depot.follow(&cancel(order)).await;
    assert_eq!(
        depot.rows("SELECT owner FROM shipment").await,
        ["user:user_bob"],
        "what moves it does not take it back"
    );
}
