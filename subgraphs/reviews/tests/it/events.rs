use kit::Viewer;
use kit::messaging::{Message, MessageHandler};
use kit::testing::sent;
use reviews::{CatalogEvents, OrderEvents};
use serde_json::{Value, json};

use crate::{Reviews, product};

const PRODUCTS_CHANGED: &str = include_str!("../../../../docs/messages/catalog.products_changed.v1.json");
const ORDER_CONFIRMED: &str = include_str!("../../../../docs/messages/order.confirmed.v1.json");
const ORDER_CLAIMED: &str = include_str!("../../../../docs/messages/order.claimed.v1.json");
const ORDER_CANCELLED: &str = include_str!("../../../../docs/messages/order.cancelled.v1.json");

fn message(kind: &str, body: &Value) -> Message {
    Message::new(kind, "key", body).expect("plain data")
}

fn example(text: &str) -> Value {
    serde_json::from_str(text).expect("an example is JSON")
}

async fn can_be_reviewed(reviews: &Reviews, key: &str, product: &str) -> bool {
    let answer = reviews.submit("user_ada", key, product, 5).await;
    answer["data"]["reviewSubmit"]["userErrors"][0]["code"] != json!("NOT_FOUND")
}

async fn verified(reviews: &Reviews, product: &str) -> Value {
    let document = "query ($of: [_Any!]!) {
        _entities(representations: $of) { ... on Product { reviews { nodes { verifiedPurchase } } } }
    }";
    let of = json!({"of": [{"__typename": "Product", "id": product}]});
    let answer = reviews.ask(&Viewer::anonymous(), document, of).await;
    answer["data"]["_entities"][0]["reviews"]["nodes"][0]["verifiedPurchase"].clone()
}

#[tokio::test]
async fn what_the_catalog_tells_of_can_be_reviewed() {
    let reviews = Reviews::new().await;
    let body = example(PRODUCTS_CHANGED);
    let product = body["products"][0]["id"].as_str().expect("an id").to_owned();
    assert!(!can_be_reviewed(&reviews, "1", &product).await);
    let told = message("catalog.products_changed.v1", &body);
    for _twice in 0..2 {
        CatalogEvents(reviews.store.clone()).handle(&told).await.expect("heard");
    }
    assert!(can_be_reviewed(&reviews, "2", &product).await);
}

#[tokio::test]
async fn only_a_newer_version_of_a_product_counts() {
    let reviews = Reviews::of(&["prod_1"]).await;
    reviews.hear_of(3, true, &["prod_1"]).await;
    assert!(!can_be_reviewed(&reviews, "1", "prod_1").await, "removed");
    reviews.hear_of(2, false, &["prod_1"]).await;
    reviews.hear_of(3, false, &["prod_1"]).await;
    assert!(!can_be_reviewed(&reviews, "2", "prod_1").await, "an older word changes nothing");
    let twice = json!({"products": [product("prod_1", 5, false), product("prod_1", 4, true)]});
    let told = message("catalog.products_changed.v1", &twice);
    CatalogEvents(reviews.store.clone()).handle(&told).await.expect("heard");
    assert!(can_be_reviewed(&reviews, "3", "prod_1").await, "the newest word of a message stands");
}

#[tokio::test]
async fn who_bought_it_is_a_verified_purchase_whichever_came_first() {
    let body = example(ORDER_CONFIRMED);
    let product = body["lines"][0]["productId"].as_str().expect("an id");
    let user = body["owner"].as_str().and_then(|owner| owner.strip_prefix("user:")).expect("a user's order");
    let reviews = Reviews::of(&[product]).await;
    reviews.submit(user, "1", product, 5).await;
    assert_eq!(verified(&reviews, product).await, json!(false));
    let confirmed = message("order.confirmed.v1", &body);
    for _twice in 0..2 {
        reviews.hear_order(&confirmed).await;
    }
    // The same order under another id, and another order of the same.
    reviews.hear_order(&message("order.confirmed.v1", &body)).await;
    assert_eq!(verified(&reviews, product).await, json!(true));

    let reviews = Reviews::of(&[product]).await;
    reviews.hear_order(&confirmed).await;
    let answer = reviews.submit(user, "1", product, 5).await;
    assert_eq!(answer["data"]["reviewSubmit"]["review"]["verifiedPurchase"], json!(true));
    let answer = reviews.submit("user_eve", "1", product, 1).await;
    assert_eq!(answer["data"]["reviewSubmit"]["review"]["verifiedPurchase"], json!(false), "another did not buy it");
}

#[tokio::test]
async fn an_order_that_comes_into_an_account_is_a_verified_purchase() {
    let body = example(ORDER_CLAIMED);
    let product = body["lines"][0]["productId"].as_str().expect("an id");
    let user = body["owner"].as_str().and_then(|owner| owner.strip_prefix("user:")).expect("a user's order");
    let reviews = Reviews::of(&[product]).await;
    reviews.submit(user, "1", product, 5).await;
    let said = |change: &dyn Fn(&mut Value)| {
        let mut body = body.clone();
        change(&mut body);
        message("order.claimed.v1", &body)
    };
    reviews.hear_order(&said(&|body| body["stands"] = json!(false))).await;
    reviews.hear_order(&said(&|body| body["owner"] = json!(kit::Owner::guest("secret")))).await;
    assert_eq!(
        verified(&reviews, product).await,
        json!(false),
        "one that is not confirmed, or still a guest's, is none"
    );
    for _twice in 0..2 {
        reviews.hear_order(&said(&|_| ())).await;
    }
    assert_eq!(verified(&reviews, product).await, json!(true));
    let mut cancelled = example(ORDER_CANCELLED);
    cancelled["orderId"] = body["orderId"].clone();
    reviews.hear_order(&message("order.cancelled.v1", &cancelled)).await;
    assert_eq!(verified(&reviews, product).await, json!(false));
}

#[tokio::test]
async fn what_was_cancelled_was_not_bought() {
    let body = example(ORDER_CONFIRMED);
    let product = body["lines"][0]["productId"].as_str().expect("an id");
    let user = body["owner"].as_str().and_then(|owner| owner.strip_prefix("user:")).expect("a user's order");
    let reviews = Reviews::of(&[product]).await;
    reviews.submit(user, "1", product, 5).await;
    reviews.hear_order(&message("order.confirmed.v1", &body)).await;
    let mut cancelled = example(ORDER_CANCELLED);
    cancelled["orderId"] = json!("ord_another");
    reviews.hear_order(&message("order.cancelled.v1", &cancelled)).await;
    assert_eq!(verified(&reviews, product).await, json!(true));
    cancelled["orderId"] = body["orderId"].clone();
    reviews.hear_order(&message("order.cancelled.v1", &cancelled)).await;
    assert_eq!(verified(&reviews, product).await, json!(false));
}

#[tokio::test]
async fn what_was_cancelled_was_not_bought_in_whatever_order_and_how_often_that_is_heard() {
    let confirmed = example(ORDER_CONFIRMED);
    let product = confirmed["lines"][0]["productId"].as_str().expect("an id");
    let user = confirmed["owner"].as_str().and_then(|owner| owner.strip_prefix("user:")).expect("a user's order");
    let mut claimed = example(ORDER_CLAIMED);
    let mut cancelled = example(ORDER_CANCELLED);
    for news in [&mut claimed, &mut cancelled] {
        news["orderId"] = confirmed["orderId"].clone();
    }
    claimed["owner"] = confirmed["owner"].clone();
    claimed["lines"] = confirmed["lines"].clone();
    claimed["stands"] = json!(true);
    let news = [("order.confirmed.v1", &confirmed), ("order.claimed.v1", &claimed), ("order.cancelled.v1", &cancelled)];
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let reviews = Reviews::of(&[product]).await;
        reviews.submit(user, "1", product, 5).await;
        let messages = news.map(|(kind, body)| message(kind, body));
        for at in order.into_iter().chain(order) {
            reviews.hear_order(&messages[at]).await;
        }
        assert_eq!(verified(&reviews, product).await, json!(false), "{order:?}");
    }
}

#[tokio::test]
async fn an_order_of_a_guest_and_unknown_news_are_passed_over() {
    let reviews = Reviews::of(&["prod_1"]).await;
    let mut body = example(ORDER_CONFIRMED);
    body["owner"] = json!(kit::Owner::guest("secret"));
    reviews.hear_order(&message("order.confirmed.v1", &body)).await;
    reviews.hear_order(&message("order.painted.v1", &json!({}))).await;
    let unknown = message("catalog.moon_phase.v1", &json!({}));
    CatalogEvents(reviews.store.clone()).handle(&unknown).await.expect("passed over");
}

#[tokio::test]
async fn a_message_that_makes_no_sense_is_not_swallowed() {
    let reviews = Reviews::new().await;
    let nonsense = json!({"orderId": "prod_1", "owner": "user:x", "lines": []});
    let refused = OrderEvents(reviews.store.clone()).handle(&message("order.confirmed.v1", &nonsense)).await;
    assert!(refused.is_err());
    let refused = CatalogEvents(reviews.store.clone()).handle(&message("catalog.products_changed.v1", &nonsense)).await;
    assert!(refused.is_err());
}

#[tokio::test]
async fn who_knows_no_product_asks_for_all_of_them() {
    let reviews = Reviews::new().await;
    reviews.store.ask_for_products().await.expect("asked");
    let asked = sent(&reviews.db).await;
    let asked: Vec<_> = asked.iter().map(|(stream, message)| (stream.as_str(), message.kind.as_str())).collect();
    assert_eq!(asked, [("catalog.commands", "catalog.resend_products.v1")]);
    reviews.hear_of(1, false, &["prod_1"]).await;
    reviews.store.ask_for_products().await.expect("looked");
    assert_eq!(sent(&reviews.db).await.len(), 1, "not again");
}
