//! Commands in order, again, and out of order.

use insta::assert_json_snapshot;
use kit::messaging::MessageHandler;
use kit::testing::sent;

use super::depot::{Depot, cancel, create};

#[tokio::test]
async fn a_shipment_is_booked_then_cancelled() {
    let depot = Depot::open().await;
    assert_json_snapshot!(depot.follow(&create("ord_1")).await, @r#"
    [
      {
        "body": {
          "orderId": "ord_1",
          "shipmentId": "shp_1",
          "trackingNumber": "MSB6612760607490199"
        },
        "kind": "shipment.created.v1"
      }
    ]
    "#);
    assert_eq!(depot.parcels().await, ["ord_1 BOOKED"]);
    assert_json_snapshot!(depot.follow(&cancel("ord_1")).await, @r#"
    [
      {
        "body": {
          "orderId": "ord_1",
          "recalled": false
        },
        "kind": "shipment.cancelled.v1"
      }
    ]
    "#);
    assert_eq!(depot.parcels().await, ["ord_1 CANCELLED"]);
}

#[tokio::test]
async fn a_command_that_comes_again_is_answered_again_under_the_same_id_and_books_nothing() {
    let depot = Depot::open().await;
    for command in [create("ord_1"), cancel("ord_1")] {
        let before = sent(&depot.db).await.len();
        for _ in 0..3 {
            depot.dispatch.handle(&command).await.expect("followed");
        }
        let replies = sent(&depot.db).await.split_off(before);
        assert_eq!(replies.len(), 3);
        assert!(replies.iter().all(|reply| reply == &replies[0]), "{replies:?}");
    }
    assert_eq!(depot.kind(&create("ord_1")).await, "shipment.created.v1");
    assert_eq!(depot.parcels().await, ["ord_1 CANCELLED"]);
}

#[tokio::test]
async fn what_is_cancelled_first_is_never_booked() {
    let depot = Depot::open().await;
    assert_eq!(depot.kind(&cancel("ord_1")).await, "shipment.cancelled.v1");
    assert_json_snapshot!(depot.follow(&create("ord_1")).await, @r#"
    [
      {
        "body": {
          "message": "The order was cancelled, so nothing is shipped.",
          "orderId": "ord_1"
        },
        "kind": "shipment.refused.v1"
      }
    ]
    "#);
    assert_eq!(depot.parcels().await, [""; 0]);
}

#[tokio::test]
async fn the_carrier_refuses_the_addresses_of_the_readme() {
    let depot = Depot::open().await;
    let (mut nowhere, mut unknown) = (create("ord_1"), create("ord_2"));
    nowhere.body["address"]["postalCode"] = "00000".into();
    unknown.body["address"]["line1"] = "12 Refuse Street".into();
    let mut answers = depot.follow(&nowhere).await;
    answers.extend(depot.follow(&unknown).await);
    assert_json_snapshot!(answers, @r#"
    [
      {
        "body": {
          "message": "The carrier does not serve this postal code.",
          "orderId": "ord_1"
        },
        "kind": "shipment.refused.v1"
      },
      {
        "body": {
          "message": "The carrier could not verify this address.",
          "orderId": "ord_2"
        },
        "kind": "shipment.refused.v1"
      }
    ]
    "#);
    assert_eq!(depot.kind(&cancel("ord_1")).await, "shipment.cancelled.v1");
    assert_eq!(depot.kind(&nowhere).await, "shipment.refused.v1");
    assert_eq!(depot.parcels().await, [""; 0]);
}

#[tokio::test]
async fn what_no_rate_covers_is_refused_and_no_carrier_is_asked() {
    let depot = Depot::open().await;
    let (mut abroad, mut heavy, mut by_rocket) = (create("ord_1"), create("ord_2"), create("ord_3"));
    abroad.body["address"]["country"] = "AQ".into();
    heavy.body["lines"][0]["weightGrams"] = 90_000.into();
    by_rocket.body["method"] = "rocket".into();
    for command in [abroad, heavy, by_rocket] {
        let answer = depot.follow(&command).await;
        assert_eq!(answer[0]["body"]["message"], "We do not deliver an order of this weight there by this method.");
    }
    assert_eq!(depot.rows("SELECT key FROM sandbox_call").await, [""; 0]);
}

#[tokio::test]
async fn everything_at_once_still_books_once_at_most_and_ends_without_a_parcel() {
    let depot = Depot::open().await;
    let mut racing = tokio::task::JoinSet::new();
    for round in 0..12 {
        let dispatch = depot.dispatch.clone();
        let command = if round % 2 == 0 { create("ord_1") } else { cancel("ord_1") };
        racing.spawn(async move { dispatch.handle(&command).await.expect("followed") });
    }
    racing.join_all().await;
    assert_eq!(depot.kind(&cancel("ord_1")).await, "shipment.cancelled.v1");
    let parcels = depot.parcels().await;
    assert!(parcels.is_empty() || parcels == ["ord_1 CANCELLED"], "{parcels:?}");
}

#[tokio::test]
async fn an_address_is_kept_by_nobody_once_the_carrier_has_answered() {
    let depot = Depot::open().await;
    depot.follow(&create("ord_1")).await;
    let mut refused = create("ord_2");
    refused.body["address"]["postalCode"] = "00000".into();
    depot.follow(&refused).await;
    let dump = depot
        .rows(
            "SELECT COALESCE(address, '') || lines || COALESCE(refusal_message, '') FROM shipment \
             UNION ALL SELECT fingerprint || COALESCE(answer, '') FROM sandbox_call UNION ALL SELECT body FROM outbox",
        )
        .await;
    assert!(!dump.concat().contains("Analytical") && !dump.concat().contains("Lovelace"), "{dump:?}");
}

#[tokio::test]
async fn an_address_in_a_body_that_does_not_fit_stays_out_of_the_log() {
    let depot = Depot::open().await;
    let mut command = create("ord_1");
    command.body["address"] = "Ada Lovelace, 1 Analytical Way".into();
    let failure = depot.dispatch.handle(&command).await.expect_err("no address");
    assert_eq!(failure.into_anyhow().to_string(), "the body of a `shipment.create.v1` does not fit");
}
