//! An index that cannot be written for a while.

use std::path::{Path, PathBuf};

use search::Index;
use serde_json::Value;

use crate::shop::{begin, part, product, tell, try_to_tell};

fn a(id: &str) -> Value {
    product(id, "Wooden spoon", "Spoons", &["Kitchen"], 100, "2020-01-01")
}

/// Something else stands in the place of the index's folder until this is given back.
pub struct Blocked {
    folder: PathBuf,
    away: PathBuf,
}

impl Blocked {
    pub fn under(data: &Path) -> Self {
        let entries = std::fs::read_dir(data).expect("the folder").flatten().map(|entry| entry.path());
        let folder = entries.into_iter().find(|path| path.is_dir()).expect("an index's folder");
        let away = data.join("away");
        std::fs::rename(&folder, &away).expect("moved");
        std::fs::write(&folder, "no folder").expect("written");
        Self { folder, away }
    }

    pub fn give_back(self) {
        std::fs::remove_file(&self.folder).expect("removed");
        std::fs::rename(&self.away, &self.folder).expect("moved back");
    }
}

/// A whole index of one product.
async fn whole(data: &Path) -> Index {
    let index = Index::open(data).expect("an index");
    let request = begin(&index).await;
    part(&index, &request, 0, true, &[a("spoon")]).await;
    index
}

#[tokio::test]
async fn an_index_that_could_not_be_written_heals_by_itself_and_lacks_nothing() {
    let data = tempfile::tempdir().expect("a folder");
    let index = whole(data.path()).await;
    let blocked = Blocked::under(data.path());
    for another in ["ladle", "whisk", "sieve"] {
        let failure = try_to_tell(&index, &[a(another)]).await.expect_err("there is nowhere to write");
        assert!(failure.is_transient(), "{failure:?}");
    }
    let mut status = index.status();
    assert!(status.borrow().trouble.is_some(), "it is told");
    assert_eq!(index.len(), 1, "what it has is found");
    blocked.give_back();
    let healed = status.wait_for(|status| status.trouble.is_none()).await.expect("it heals itself").clone();
    assert!(healed.state.whole && healed.filling.is_none(), "it lacks nothing");
    tell(&index, &[a("ladle"), a("whisk"), a("sieve")]).await;
    assert_eq!(index.len(), 4);
}

#[tokio::test]
async fn an_index_whose_files_are_removed_goes_on_with_those_that_it_holds_open_and_is_begun_anew_at_the_next_start() {
    let data = tempfile::tempdir().expect("a folder");
    let index = whole(data.path()).await;
    let folder = std::fs::read_dir(data.path()).expect("the folder").flatten().next().expect("an index").path();
    for file in std::fs::read_dir(&folder).expect("its files").flatten() {
        std::fs::remove_file(file.path()).expect("removed");
    }
    tell(&index, &[a("ladle")]).await;
    assert_eq!(index.len(), 2);
    drop(index);
    let index = Index::open(data.path()).expect("a new one");
    assert!(index.is_empty() && !index.status().borrow().state.whole, "it is to be filled");
}
