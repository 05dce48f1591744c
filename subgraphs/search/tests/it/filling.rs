//! What is in the index after the whole catalogue has come, whatever was there before and came in between.

use search::Index;
use serde_json::Value;

use crate::shop::{Shop, begin, part, product};

fn spoon(version: u64, title: &str) -> Value {
    let mut spoon = product("spoon", title, "Spoons", &["Kitchen"], 100, "2020-01-01");
    spoon["version"] = version.into();
    spoon
}

fn fork(version: u64) -> Value {
    let mut fork = product("fork", "Silver fork", "Forks", &["Kitchen"], 100, "2020-01-01");
    fork["version"] = version.into();
    fork
}

#[tokio::test]
async fn a_product_that_the_catalogue_does_not_name_is_gone() {
    let shop = Shop::empty().await;
    shop.tell(&[spoon(5, "Wooden spoon"), fork(1)]).await;
    let request = begin(&shop.index).await;
    part(&shop.index, &request, 0, true, &[fork(1)]).await;
    assert_eq!(shop.found("").await, ["fork"]);
    shop.tell(&[spoon(5, "Wooden spoon")]).await;
    assert_eq!(shop.found("").await, ["fork"], "an older message brings nothing back");
    shop.tell(&[spoon(6, "Wooden spoon")]).await;
    assert_eq!(shop.found("").await.len(), 2);
}

#[tokio::test]
async fn a_product_that_is_withdrawn_meanwhile_stays_away() {
    let shop = Shop::empty().await;
    let request = begin(&shop.index).await;
    part(&shop.index, &request, 0, false, &[fork(1)]).await;
    let mut withdrawn = spoon(2, "Wooden spoon");
    withdrawn["removed"] = true.into();
    shop.tell(&[withdrawn]).await;
    // The catalogue was read before that.
    part(&shop.index, &request, 1, true, &[spoon(1, "Wooden spoon")]).await;
    assert_eq!(shop.found("").await, ["fork"]);
}

#[tokio::test]
async fn a_product_that_is_renamed_meanwhile_has_its_new_name() {
    for renamed_first in [true, false] {
        let shop = Shop::empty().await;
        shop.tell(&[spoon(1, "Wooden spoon")]).await;
        let request = begin(&shop.index).await;
        if renamed_first {
            shop.tell(&[spoon(2, "Ladle")]).await;
        }
        part(&shop.index, &request, 0, true, &[spoon(1, "Wooden spoon"), fork(1)]).await;
        if !renamed_first {
            shop.tell(&[spoon(2, "Ladle")]).await;
        }
        assert_eq!(shop.found("ladle").await, ["spoon"]);
        assert_eq!(shop.found("wooden").await, [""; 0]);
    }
}

#[tokio::test]
async fn a_product_that_comes_meanwhile_stays() {
    let shop = Shop::empty().await;
    let request = begin(&shop.index).await;
    part(&shop.index, &request, 0, false, &[fork(1)]).await;
    shop.tell(&[spoon(1, "Wooden spoon")]).await;
    part(&shop.index, &request, 1, true, &[]).await;
    assert_eq!(shop.found("").await.len(), 2);
}

#[tokio::test]
async fn what_the_catalogue_says_is_written_over_what_was_there() {
    let shop = Shop::empty().await;
    // Of a catalogue that was set back to an earlier state since, or of a program that read it wrongly.
    shop.tell(&[spoon(7, "Misread"), fork(1)]).await;
    let request = begin(&shop.index).await;
    part(&shop.index, &request, 0, true, &[spoon(3, "Wooden spoon"), fork(1)]).await;
    assert_eq!(shop.found("misread").await, [""; 0]);
    assert_eq!(shop.found("wooden").await, ["spoon"]);
    shop.tell(&[spoon(4, "Ladle")]).await;
    assert_eq!(shop.found("ladle").await, ["spoon"]);
}

#[tokio::test]
async fn an_empty_catalogue_is_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let index = Index::open(folder.path()).expect("an index");
    assert!(!index.status().borrow().state.whole);
    let request = begin(&index).await;
    assert!(!index.status().borrow().state.whole);
    part(&index, &request, 0, true, &[]).await;
    let status = index.status().borrow().clone();
    assert_eq!((status.state.whole, status.state.follows.as_deref()), (true, Some("search@a")));
    assert_eq!(status.filling, None);
}

#[tokio::test]
async fn a_search_is_refused_while_the_first_catalogue_is_on_its_way_and_answered_while_a_further_one_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let index = Index::open(folder.path()).expect("an index");
    let ask = async || {
        let request = async_graphql::Request::new("{ search { totalCount { value } } }");
        kit::testing::execute(&search::schema(), search::attach_loaders(&index, request, &kit::Viewer::anonymous()))
            .await
    };
    let request = begin(&index).await;
    part(&index, &request, 0, false, &[fork(1)]).await;
    let refused = ask().await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "UNAVAILABLE", "{refused}");
    part(&index, &request, 1, true, &[spoon(1, "Wooden spoon")]).await;
    assert_eq!(ask().await["data"]["search"]["totalCount"]["value"], 2);
    begin(&index).await;
    assert_eq!(ask().await["data"]["search"]["totalCount"]["value"], 2);
}

#[tokio::test]
async fn what_an_index_knows_of_itself_outlives_its_process() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = |index: &Index| index.status().borrow().state.clone();
    let index = Index::open(folder.path()).expect("an index");
    let request = begin(&index).await;
    part(&index, &request, 0, true, &[fork(1)]).await;
    drop(index);
    let index = Index::open(folder.path()).expect("the index again");
    assert_eq!((state(&index).whole, state(&index).follows.as_deref()), (true, Some("search@a")));
    begin(&index).await;
    drop(index);
    let index = Index::open(folder.path()).expect("once more");
    assert_eq!((state(&index).whole, state(&index).follows), (true, None), "it may have missed something");
}
