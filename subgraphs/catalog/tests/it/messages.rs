use insta::assert_json_snapshot;
use kit::messaging::Message;
use kit::testing::sent;
use serde_json::{Value, json};

use crate::shop::{Shop, lamp, rug};

const EXAMPLE: &str = include_str!("../../../../docs/messages/catalog.products_changed.v1.json");

fn versions(messages: &[(String, Message)]) -> Vec<(String, i64)> {
    let products = messages.iter().flat_map(|(_, message)| message.body["products"].as_array().expect("products"));
    products
        .map(|product| {
            (product["id"].as_str().expect("an id").to_owned(), product["version"].as_i64().expect("a version"))
        })
        .collect()
}

#[tokio::test]
async fn a_change_is_told_as_the_example_shows() {
    let shop = Shop::with_shelves().await;
    shop.stock(&[rug()]).await;
    let messages = sent(&shop.db).await;
    let [(stream, message)] = messages.as_slice() else { panic!("one message, not {}", messages.len()) };
    assert_eq!((stream.as_str(), message.kind.as_str()), ("catalog.events", "catalog.products_changed.v1"));
    assert_eq!(message.body, serde_json::from_str::<Value>(EXAMPLE).expect("the example is JSON"));
}

#[tokio::test]
async fn what_did_not_change_is_not_told_again() {
    let shop = Shop::with_shelves().await;
    let lines = [rug(), lamp("a", "home-lamps", 100)];
    shop.stock(&lines).await;
    let before = sent(&shop.db).await.len();
    shop.stock(&lines).await;
    assert_eq!(sent(&shop.db).await.len(), before);
    shop.stock(&[lamp("a", "home-lamps", 101)]).await;
    assert_eq!(versions(&sent(&shop.db).await[before..]), [("prod_a".to_owned(), 2)]);
}

#[tokio::test]
async fn a_message_tells_of_two_hundred_products_at_most() {
    let shop = Shop::with_shelves().await;
    let lines: Vec<Value> = (0..401).map(|number| lamp(&format!("l{number}"), "home-lamps", 100)).collect();
    shop.stock(&lines).await;
    let messages = sent(&shop.db).await;
    let sizes: Vec<usize> =
        messages.iter().map(|(_, message)| message.body["products"].as_array().expect("products").len()).collect();
    assert_eq!(sizes, [200, 200, 1]);
}

#[tokio::test]
async fn a_category_that_is_renamed_is_a_change_of_its_products() {
    let shop = Shop::with_shelves().await;
    shop.stock(&[rug(), lamp("a", "home-lamps", 100)]).await;
    shop.shelve(json!([{"id": "home-rugs", "name": "Carpets", "parent": "home"}])).await;
    let messages = sent(&shop.db).await;
    let last = messages.last().expect("a message");
    assert_eq!(versions(std::slice::from_ref(last)), [("prod_rug".to_owned(), 2)]);
    assert_json_snapshot!(last.1.body["products"][0]["categoryPath"], @r#"
    [
      {
        "id": "cat_home",
        "name": "Home"
      },
      {
        "id": "cat_home-rugs",
        "name": "Carpets"
      }
    ]
    "#);
}
