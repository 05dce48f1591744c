//! What is sent has the shape that `docs/messages` promises.

use kit::testing::sent;
use serde_json::Value;

use crate::cancel::parcel;
use crate::ownership::verified;
use crate::shop::{Shop, ada, example};

/// The same names everywhere, and the same kinds of values; null stands for any.
fn same_shape(said: &Value, promised: &Value, path: &str) {
    match (said, promised) {
        (Value::Object(said), Value::Object(promised)) => {
            let names = |fields: &serde_json::Map<String, Value>| {
                let mut names: Vec<String> = fields.keys().cloned().collect();
                names.sort();
                names
            };
            assert_eq!(names(said), names(promised), "{path}");
            for (name, value) in said {
                same_shape(value, &promised[name], &format!("{path}.{name}"));
            }
        }
        (Value::Array(said), Value::Array(promised)) => {
            said.iter().for_each(|one| same_shape(one, &promised[0], path));
        }
        (Value::Null, _) | (_, Value::Null) => {}
        _ => assert_eq!(std::mem::discriminant(said), std::mem::discriminant(promised), "{path}"),
    }
}

#[tokio::test]
async fn every_message_has_the_shape_of_its_example() {
    let shop = Shop::open().await;
    let (_, confirmed) = shop.checkout_of(&ada()).await;
    for kind in ["stock.reserved.v1", "payment.authorized.v1", "shipment.created.v1", "payment.captured.v1"] {
        shop.hear(&confirmed, kind).await;
    }
    let (_, delivered) = shop.checkout_of(&ada()).await;
    for kind in ["stock.reserved.v1", "payment.authorized.v1", "shipment.created.v1", "payment.captured.v1"] {
        shop.hear(&delivered, kind).await;
    }
    shop.hear(&delivered, "stock.settled.v1").await;
    parcel(&shop, &delivered, "shipment.delivered.v1").await;
    shop.hear(&confirmed, "stock.settled.v1").await;
    let cancel = format!(
        r#"mutation {{ orderCancel(input: {{orderId: "{confirmed}", idempotencyKey: "k"}}) {{ userErrors {{ code }} }} }}"#
    );
    shop.ask(&ada(), &cancel).await;
    for kind in ["shipment.cancelled.v1", "payment.voided.v1", "stock.returned.v1"] {
        shop.hear(&confirmed, kind).await;
    }
    let (_, cancelled) = shop.checkout_of(&ada()).await;
    for kind in [
        "stock.reserved.v1",
        "payment.authorized.v1",
        "shipment.created.v1",
        "payment.declined.v1",
        "shipment.cancelled.v1",
        "payment.voided.v1",
        "stock.released.v1",
    ] {
        shop.hear(&cancelled, kind).await;
    }
    let (guest, _) = shop.guest_with(&[("b", 1)]).await;
    shop.confirmed_order_of(&guest).await;
    shop.ask(&verified("user_ada", "ada@example.com"), "{ orders { nodes { id } } }").await;
    let ask = r#"mutation { orderAccessRequest(input: {number: "M-00000000", email: "ada@example.com"}) { userErrors { code } } }"#;
    shop.ask(&ada(), ask).await;
    let mut kinds = vec![];
    for (_, message) in sent(&shop.db).await {
        same_shape(&message.body, &example(&message.kind), &message.kind);
        kinds.push(message.kind);
    }
    kinds.sort();
    kinds.dedup();
    assert_eq!(
        kinds,
        [
            "mail.order_link.v2",
            "order.cancelled.v1",
            "order.claimed.v1",
            "order.completed.v1",
            "order.confirmed.v1",
            "order.placed.v1",
            "payment.authorize.v1",
            "payment.capture.v1",
            "payment.void.v1",
            "shipment.cancel.v1",
            "shipment.create.v1",
            "stock.release.v1",
            "stock.reserve.v1",
            "stock.return.v1",
            "stock.settle.v1"
        ]
    );
}
