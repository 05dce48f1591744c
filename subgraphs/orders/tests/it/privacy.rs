//! Somebody is given what orders holds on them, and forgotten.

use kit::Viewer;
use kit::identity::privacy::{ERASE_REFUSED, ERASED};
use kit::messaging::Message;
use kit::testing::{erased_from, handed_over, rows};
use serde_json::json;

use crate::cancel::parcel;
use crate::shop::{SOLD, Shop, ada, uuid};

async fn arrived(shop: &Shop, viewer: &Viewer) -> String {
    let (_, order) = shop.checkout_of(viewer).await;
    for kind in SOLD {
        shop.hear(&order, kind).await;
    }
    parcel(shop, &order, "shipment.delivered.v1").await;
    order
}

async fn forget(shop: &Shop) -> Message {
    erased_from(&shop.db, shop.store.clone(), "user_ada", false).await
}

/// Rows in which something of this stands.
async fn traces(shop: &Shop, marks: &[&str]) -> Vec<String> {
    let all = rows(&shop.db).await.into_iter();
    all.filter(|row| marks.iter().any(|mark| row.contains(mark))).collect()
}

#[tokio::test]
async fn everything_of_somebody_is_handed_over_and_nothing_of_others() {
    let shop = Shop::open().await;
    let order = arrived(&shop, &ada()).await;
    let (_, on_its_way) = shop.checkout_of(&ada()).await;
    shop.cart_with(&ada(), &[("b", 3)]).await;
    arrived(&shop, &Viewer::user("user_eve")).await;
    arrived(&shop, &shop.guest_with(&[("b", 1)]).await.0).await;
    let part = handed_over(&shop.db, shop.store.clone(), "user_ada").await;
    let orders = part["orders"].as_array().expect("orders");
    assert_eq!(orders.iter().map(|order| &order["id"]).collect::<Vec<_>>(), [&order, &on_its_way]);
    assert_eq!(orders[0]["email"], "ada@example.com");
    assert_eq!(orders[0]["address"]["line1"], "1 Main St");
    assert_eq!(orders[0]["state"], "COMPLETED");
    assert_eq!(orders[0]["history"][0]["kind"], "placed");
    assert_eq!(part["carts"].as_array().map(Vec::len), Some(3), "two that were bought, one that is open");
}

#[tokio::test]
async fn who_waits_for_a_parcel_is_not_forgotten_yet() {
    let shop = Shop::open().await;
    arrived(&shop, &ada()).await;
    let (_, order) = shop.checkout_of(&ada()).await;
    let before = rows(&shop.db).await.len();
    let answer = forget(&shop).await;
    assert_eq!(answer.kind, ERASE_REFUSED);
    assert_eq!((&answer.body["reason"], &answer.body["count"]), (&json!("orders_on_their_way"), &json!(1)));
    assert_eq!(rows(&shop.db).await.len(), before + 1, "nothing but the answer was written");
    for kind in SOLD {
        shop.hear(&order, kind).await;
    }
    assert_eq!(forget(&shop).await.kind, ERASE_REFUSED, "it is paid, and not there");
    parcel(&shop, &order, "shipment.delivered.v1").await;
    assert_eq!(forget(&shop).await.kind, ERASED);
}

#[tokio::test]
async fn the_books_stay_and_nobody_s_name_stands_in_them() {
    let shop = Shop::open().await;
    let order = arrived(&shop, &ada()).await;
    let (_, cancelled) = shop.checkout_of(&ada()).await;
    for kind in SOLD {
        shop.hear(&cancelled, kind).await;
    }
    let cancel = format!(
        r#"mutation {{ orderCancel(input: {{orderId: "{cancelled}", reason: "I, Ada, moved", idempotencyKey: "{}"}}) {{ userErrors {{ code }} }} }}"#,
        uuid()
    );
    shop.ask(&ada(), &cancel).await;
    for kind in ["shipment.cancelled.v1", "payment.voided.v1", "stock.returned.v1"] {
        shop.hear(&cancelled, kind).await;
    }
    shop.cart_with(&ada(), &[("b", 3)]).await;
    let marks = ["ada@example.com", "Main St", "I, Ada, moved", "pm_card_visa"];
    assert!(traces(&shop, &marks).await.len() >= 4, "{:#?}", traces(&shop, &marks).await);
    let told =
        format!("{{ order(id: \"{order}\") {{ lifecycle cost {{ total {{ decimal }} }} lines {{ quantity }} }} }}");
    let before = shop.ask(&ada(), &told).await;

    let answer = forget(&shop).await;
    assert_eq!(answer.kind, ERASED);
    assert_eq!((&answer.body["counts"]["orders"], &answer.body["counts"]["cancellations"]), (&json!(2), &json!(1)));
    assert_eq!(traces(&shop, &marks).await, Vec::<String>::new());
    assert_eq!(shop.ask(&ada(), &told).await, before, "what was bought, and for how much");
    let left = traces(&shop, &["user:user_ada"]).await;
    let places: Vec<&str> = left.iter().filter_map(|row| row.split(':').next()).collect();
    assert!(places.iter().all(|table| ["orders", "checkout", "outbox"].contains(table)), "{left:#?}");

    let again = forget(&shop).await;
    assert_eq!((again.id, again.body["counts"]["orders"].clone()), (answer.id, json!(0)), "twice is once");
}

#[tokio::test]
async fn others_keep_what_is_theirs() {
    let shop = Shop::open().await;
    arrived(&shop, &shop.guest_with(&[("b", 1)]).await.0).await;
    arrived(&shop, &Viewer::user("user_ad")).await;
    let before = rows(&shop.db).await;
    forget(&shop).await;
    let after: Vec<String> = rows(&shop.db).await.into_iter().filter(|row| !row.contains("privacy.")).collect();
    assert_eq!(after, before);
}
