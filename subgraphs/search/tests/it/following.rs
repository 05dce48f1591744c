use kit::messaging::{Message, MessageHandler};
use search::{Changes, Index};
use serde_json::{Value, json};

use crate::shop::{Shop, assortment, product, tell};

const EXAMPLE: &str = include_str!("../../../../docs/messages/catalog.products_changed.v1.json");

fn spoon(version: u64, title: &str) -> Value {
    let mut spoon = product("spoon", title, "Spoons", &["Kitchen"], 100, "2020-01-01");
    spoon["version"] = version.into();
    spoon
}

fn removed(version: u64) -> Value {
    let mut spoon = spoon(version, "Wooden spoon");
    spoon["removed"] = true.into();
    spoon["variants"] = json!([]);
    spoon
}

#[tokio::test]
async fn the_catalogs_own_example_can_be_found() {
    let shop = Shop::empty().await;
    let body: Value = serde_json::from_str(EXAMPLE).expect("the example is JSON");
    let products = body["products"].as_array().expect("products");
    shop.tell(products).await;
    let live = products.iter().filter(|product| product["removed"] == false).count();
    assert_eq!(shop.found("").await.len(), live);
    let title = products[0]["title"].as_str().expect("a title");
    assert!(!shop.found(title).await.is_empty());
}

#[tokio::test]
async fn a_change_replaces_the_product() {
    let shop = Shop::empty().await;
    shop.tell(&[spoon(1, "Wooden spoon")]).await;
    shop.tell(&[spoon(2, "Steel ladle")]).await;
    assert_eq!(shop.found("wooden").await, [""; 0]);
    assert_eq!(shop.found("ladle").await, ["spoon"]);
    assert_eq!(shop.found("").await.len(), 1);
}

#[tokio::test]
async fn the_newest_version_wins_whatever_the_order() {
    let shop = Shop::empty().await;
    shop.tell(&[spoon(3, "Newest"), spoon(2, "Older")]).await;
    shop.tell(&[spoon(1, "Oldest"), spoon(3, "Twice")]).await;
    assert_eq!(shop.found("newest").await, ["spoon"]);
    assert_eq!(shop.found("").await.len(), 1);
}

#[tokio::test]
async fn messages_in_hand_together_lose_nothing() {
    let shop = Shop::empty().await;
    let telling = (0..40_u64).map(|at| {
        let index = shop.index.clone();
        let mut other = product(&format!("p{at}"), "Fork", "Forks", &["Kitchen"], 100, "2020-01-01");
        other["version"] = 7.into();
        tokio::spawn(async move { tell(&index, &[spoon(40 - at, &format!("Spoon{}", 40 - at)), other]).await })
    });
    for told in telling.collect::<Vec<_>>() {
        told.await.expect("told");
    }
    assert_eq!(shop.found("fork").await.len(), 40);
    assert_eq!(shop.found("spoon40").await, ["spoon"]);
    assert_eq!(shop.found("").await.len(), 41);
}

#[tokio::test]
async fn a_removed_product_vanishes_and_stays_away() {
    let shop = Shop::open().await;
    shop.tell(&[spoon(1, "Wooden spoon")]).await;
    shop.tell(&[removed(2)]).await;
    assert_eq!(shop.found("spoon").await, [""; 0]);
    assert_eq!(shop.found("").await.len(), assortment().len());
    shop.tell(&[spoon(1, "Wooden spoon")]).await;
    assert_eq!(shop.found("spoon").await, [""; 0], "an older message brings nothing back");
    shop.tell(&[spoon(3, "Wooden spoon")]).await;
    assert_eq!(shop.found("spoon").await, ["spoon"]);
}

#[tokio::test]
async fn other_messages_of_the_stream_are_none_of_its_business() {
    let shop = Shop::empty().await;
    let changes = Changes::new(shop.index.clone(), "search@test");
    let other = Message::new("catalog.categories_changed.v1", "", &json!({"anything": 1})).expect("a message");
    changes.handle(&other).await.expect("passed over");
    let broken = Message::new("catalog.products_changed.v1", "", &json!({"products": [{"id": 1}]})).expect("a message");
    changes.handle(&broken).await.expect_err("it must come again, or be looked at");
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let index = Index::open(folder.path()).expect("an index");
    assert!(index.is_empty());
    tell(&index, &[spoon(2, "Wooden spoon")]).await;
    drop(index);
    let index = Index::open(folder.path()).expect("the index again");
    assert!(!index.is_empty());
    tell(&index, &[spoon(1, "Older")]).await;
    drop(index);
    assert!(!Index::open(folder.path()).expect("once more").is_empty());
}

#[tokio::test]
async fn an_index_that_cannot_be_read_is_built_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    let index = Index::open(folder.path()).expect("an index");
    tell(&index, &[spoon(1, "Wooden spoon")]).await;
    drop(index);
    let mut formats = std::fs::read_dir(folder.path()).expect("the folder can be read");
    let current = formats.next().expect("one index").expect("its name can be read").path();
    let older = folder.path().join("index-0");
    std::fs::create_dir(&older).expect("an older format");
    std::fs::write(current.join("meta.json"), "{}").expect("damage");
    let index = Index::open(folder.path()).expect("a new index");
    assert!(index.is_empty(), "so the products are asked for again");
    assert!(!older.exists());
    tell(&index, &[spoon(1, "Wooden spoon")]).await;
    assert!(!index.is_empty());
}
