//! Steps that are not answered: asked for again, and given up as long as there is a way back.

use chrono::TimeDelta;
use kit::testing::sent;

use crate::saga::progress;
use crate::shop::{Shop, ada};

#[tokio::test]
async fn a_late_answer_has_its_command_sent_again_under_the_same_id() {
    let shop = Shop::open().await;
    let (_, order) = shop.checkout_of(&ada()).await;
    assert_eq!(shop.look_for_overdue().await, 0);
    shop.clock.advance(TimeDelta::seconds(5));
    assert_eq!(shop.look_for_overdue().await, 1);
    assert_eq!(shop.look_for_overdue().await, 0, "it waits ten seconds now");
    let sent = sent(&shop.db).await;
    assert_eq!(sent.len(), 3);
    assert_eq!(sent[1], sent[2]);
    shop.hear(&order, "stock.reserved.v1").await;
    assert_eq!(shop.sent_kinds().await[3..], ["payment.authorize.v1"]);
}

#[tokio::test]
async fn silence_gives_up_before_the_pivot_and_takes_back_what_may_have_happened_once() {
    let shop = Shop::open().await;
    let (checkout, order) = shop.checkout_of(&ada()).await;
    shop.hear(&order, "stock.reserved.v1").await;
    for _ in 0..3 {
        shop.clock.advance(TimeDelta::minutes(1));
        shop.look_for_overdue().await;
    }
    shop.hear(&order, "payment.voided.v1").await;
    shop.hear(&order, "payment.authorized.v1").await;
    shop.hear(&order, "stock.released.v1").await;
    shop.hear(&order, "payment.authorized.v1").await;
    insta::assert_json_snapshot!(shop.ask(&ada(), &progress(&checkout)).await, @r#"
    {
      "data": {
        "checkout": {
          "failure": {
            "__typename": "Unavailable",
            "code": "UNAVAILABLE",
            "message": "The payment provider did not answer in time. Nothing was charged: try again.",
            "path": []
          },
          "nextPollMs": null,
          "order": null,
          "state": "FAILED",
          "timeline": [
            {
              "attempt": 1,
              "compensates": null,
              "name": "reserve_stock",
              "state": "COMPENSATED"
            },
            {
              "attempt": 3,
              "compensates": null,
              "name": "authorize_payment",
              "state": "COMPENSATED"
            },
            {
              "attempt": 1,
              "compensates": "authorize_payment",
              "name": "void_payment",
              "state": "DONE"
            },
            {
              "attempt": 1,
              "compensates": "reserve_stock",
              "name": "release_stock",
              "state": "DONE"
            }
          ]
        }
      }
    }
    "#);
    assert_eq!(
        shop.sent_kinds().await[2..],
        [
            "payment.authorize.v1",
            "payment.authorize.v1",
            "payment.authorize.v1",
            "payment.void.v1",
            "stock.release.v1",
            "order.cancelled.v1"
        ]
    );
}

#[tokio::test]
async fn silence_after_the_pivot_is_asked_on_and_on() {
    let shop = Shop::open().await;
    let (checkout, order) = shop.checkout_of(&ada()).await;
    for kind in ["stock.reserved.v1", "payment.authorized.v1", "shipment.created.v1"] {
        shop.hear(&order, kind).await;
    }
    for _ in 0..10 {
        shop.clock.advance(TimeDelta::minutes(6));
        assert_eq!(shop.look_for_overdue().await, 1);
    }
    let captures = shop.sent_kinds().await.iter().filter(|kind| *kind == "payment.capture.v1").count();
    assert_eq!(captures, 11);
    shop.hear(&order, "payment.captured.v1").await;
    let now = shop.ask(&ada(), &progress(&checkout)).await;
    assert_eq!(now["data"]["checkout"]["state"], "COMPLETED");
}

/// More than a look takes at once.
#[tokio::test]
async fn orders_that_cannot_be_moved_on_hold_up_no_other() {
    let shop = Shop::open().await;
    let (_, order) = shop.checkout_of(&ada()).await;
    let poisoned = "INSERT INTO checkout (id, order_id, cart_id, owner, saga, version, deadline, started_at) ";
    for number in 0..220 {
        let copy = format!(
            "{poisoned} SELECT 'chk_{number}', 'ord_poison{number}', cart_id, owner, 'no JSON', 1, started_at, started_at \
             FROM checkout WHERE order_id = '{order}'"
        );
        shop.sql(&copy).await;
    }
    shop.sql("UPDATE checkout SET order_id = 'no id' WHERE id = 'chk_7'").await;
    shop.clock.advance(TimeDelta::seconds(5));
    let watch = orders::Overdue::new(shop.store.clone());
    assert_eq!(watch.look().await.expect("the database answers"), 200, "all that stand before it fail");
    assert_eq!(watch.look().await.expect("the database answers"), 21, "it and the rest of them");
    assert_eq!(shop.sent_kinds().await[1..], ["stock.reserve.v1"; 2], "its command was sent again");
    assert_eq!(watch.look().await.expect("the database answers"), 0, "the others are set aside");
}
