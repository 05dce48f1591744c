//! What an index finds where it was left.

use std::path::{Path, PathBuf};

use search::Index;

use crate::shop::{begin, part, product, tell, try_to_tell};

/// A folder with an index of one product, and the file that says what is in it.
async fn an_index(data: &Path) -> PathBuf {
    let index = Index::open(data).expect("an index can be made");
    let spoon = product("spoon", "Wooden spoon", "Spoons", &["Kitchen"], 100, "2020-01-01");
    tell(&index, &[spoon]).await;
    drop(index);
    let folders = std::fs::read_dir(data).expect("the folder").flatten().map(|entry| entry.path());
    let folder = folders.into_iter().find(|path| path.is_dir()).expect("an index's folder");
    folder.join("meta.json")
}

#[tokio::test]
async fn an_index_is_as_it_was_left() {
    let data = tempfile::tempdir().expect("a folder");
    an_index(data.path()).await;
    assert_eq!(Index::open(data.path()).expect("it opens").len(), 1);
}

#[tokio::test]
async fn an_index_that_cannot_be_read_now_is_kept_until_it_can() {
    let data = tempfile::tempdir().expect("a folder");
    let meta = an_index(data.path()).await;
    let away = meta.with_extension("away");
    std::fs::rename(&meta, &away).expect("moved");
    std::fs::create_dir(&meta).expect("something that is no file");
    let refused = format!("{:#}", Index::open(data.path()).err().expect("it cannot be read"));
    assert!(refused.contains("cannot be opened"), "{refused}");
    std::fs::remove_dir(&meta).expect("removed");
    std::fs::rename(&away, &meta).expect("moved back");
    assert_eq!(Index::open(data.path()).expect("it opens again").len(), 1);
}

#[tokio::test]
async fn a_broken_index_is_set_aside_and_begun_anew() {
    let data = tempfile::tempdir().expect("a folder");
    let meta = an_index(data.path()).await;
    for _ in 0..2 {
        std::fs::write(&meta, "no index").expect("written");
        assert!(Index::open(data.path()).expect("a new one").is_empty());
        assert_eq!(std::fs::read(data.path().join("broken-index/meta.json")).expect("kept"), b"no index");
    }
}

#[tokio::test]
async fn two_processes_share_no_index() {
    let data = tempfile::tempdir().expect("a folder");
    let _first = Index::open(data.path()).expect("an index can be made");
    let refused = format!("{:#}", Index::open(data.path()).err().expect("it is another's"));
    let folder = data.path().display();
    let said =
        format!("another process has the index in {folder}: give each replica of search a `data` folder of its own");
    assert!(refused.starts_with(&said), "{refused}");
}

fn spoon(id: &str) -> serde_json::Value {
    product(id, "Wooden spoon", "Spoons", &["Kitchen"], 100, "2020-01-01")
}

#[tokio::test]
async fn what_an_index_cannot_take_now_is_no_fault_of_who_brought_it_and_is_taken_later() {
    let data = tempfile::tempdir().expect("a folder");
    let index = Index::open(data.path()).expect("an index can be made");
    tell(&index, &[spoon("spoon")]).await;
    assert_eq!(index.status().borrow().trouble, None);
    std::fs::remove_dir_all(data.path()).expect("its folder is gone");
    std::fs::write(data.path(), "in its place").expect("written");
    for another in ["ladle", "whisk", "sieve"] {
        let failure = try_to_tell(&index, &[spoon(another)]).await.expect_err("there is nowhere to write");
        assert!(failure.is_transient(), "{failure:?}");
        assert!(index.status().borrow().trouble.is_some(), "it is said");
    }
    std::fs::remove_file(data.path()).expect("removed");
    tell(&index, &[spoon("ladle")]).await;
    assert_eq!((index.len(), index.status().borrow().trouble.clone()), (1, None));
}

#[tokio::test]
async fn an_index_whose_folder_is_gone_is_begun_anew_and_filled_even_when_nothing_changes() {
    let data = tempfile::tempdir().expect("a folder");
    let index = Index::open(data.path()).expect("an index can be made");
    let first = begin(&index).await;
    part(&index, &first, 0, true, &[spoon("spoon"), spoon("ladle")]).await;
    let mut status = index.status();
    assert!(status.borrow().state.whole && status.borrow().filling.is_none());
    std::fs::remove_dir_all(data.path()).expect("its folder is gone");
    try_to_tell(&index, &[spoon("whisk")]).await.expect_err("there is nowhere to write");
    let filling = status.wait_for(|now| now.filling.is_some()).await.expect("it is filled again").clone();
    assert!(!filling.state.whole, "what it has is not all");
    let again = filling.filling.expect("under way").request;
    assert_ne!(again, first);
    part(&index, &again, 0, true, &[spoon("spoon"), spoon("ladle"), spoon("whisk")]).await;
    assert_eq!(index.len(), 3);
    assert!(index.status().borrow().state.whole);
}

#[tokio::test]
async fn an_index_that_lacks_a_file_is_set_aside_and_begun_anew() {
    let data = tempfile::tempdir().expect("a folder");
    let meta = an_index(data.path()).await;
    let files = std::fs::read_dir(meta.parent().expect("a folder")).expect("its files").flatten();
    let terms = files.into_iter().map(|file| file.path()).find(|path| path.extension().is_some_and(|is| is == "term"));
    std::fs::remove_file(terms.expect("the words of a segment")).expect("removed");
    assert!(Index::open(data.path()).expect("a new one").is_empty());
    assert!(data.path().join("broken-index/meta.json").exists());
}
