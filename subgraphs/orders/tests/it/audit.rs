//! What staff does here is told, with the change or not at all.

use kit::Viewer;
use kit::identity::audit::{AuditEvent, STREAM};
use kit::testing::sent;

use crate::shop::{Shop, ada};

async fn deeds(shop: &Shop) -> Vec<(String, String, String)> {
    let told = sent(&shop.db).await.into_iter().filter(|(stream, _)| stream == STREAM);
    let deeds = told.map(|(_, message)| message.read::<AuditEvent>().expect("a deed"));
    deeds.map(|deed| (deed.actor, deed.action, deed.subject)).collect()
}

async fn cancel(shop: &Shop, viewer: &Viewer, order: &str) {
    let input = format!(r#"{{orderId: "{order}", idempotencyKey: "k"}}"#);
    let document = format!("mutation {{ orderCancel(input: {input}) {{ userErrors {{ code }} }} }}");
    let answer = shop.ask(viewer, &document).await;
    assert_eq!(answer["data"]["orderCancel"]["userErrors"], serde_json::json!([]), "{answer}");
}

#[tokio::test]
async fn an_order_that_staff_cancels_is_told_of_once_and_one_that_its_buyer_cancels_is_not() {
    let shop = Shop::open().await;
    let (staff, mut orders) = (Viewer::staff("user_staff", &["orders"]), Vec::new());
    for viewer in [&ada(), &staff, &staff] {
        let order = match orders.get(1) {
            Some(same) => String::clone(same),
            None => shop.checkout_of(&ada()).await.1,
        };
        shop.hear(&order, "stock.reserved.v1").await;
        cancel(&shop, viewer, &order).await;
        orders.push(order);
    }
    assert_eq!(deeds(&shop).await, [("user_staff".into(), "order.cancel".into(), orders[1].clone())]);
}
