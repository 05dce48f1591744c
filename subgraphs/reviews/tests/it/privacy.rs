//! Somebody is given what reviews holds on them, and forgotten.

use kit::identity::privacy::ERASED;
use kit::testing::{erased_from, handed_over, rows};
use serde_json::json;

use crate::Reviews;

#[tokio::test]
async fn a_review_stays_with_its_stars_and_its_words_go_on_wish() {
    let reviews = Reviews::of(&["prod_1"]).await;
    reviews.submit("user_ada", "key", "prod_1", 5).await;
    reviews.submit("user_eve", "key", "prod_1", 3).await;
    let part = handed_over(&reviews.db, reviews.store.clone(), "user_ada").await;
    assert_eq!(part["reviews"].as_array().map(Vec::len), Some(1));
    assert_eq!((&part["reviews"][0]["rating"], &part["reviews"][0]["title"]), (&json!(5), &json!("As told")));
    let rating = reviews.rating("prod_1").await;

    let answer = erased_from(&reviews.db, reviews.store.clone(), "user_ada", false).await;
    assert_eq!(answer.kind, ERASED);
    assert_eq!(answer.body["counts"], json!({"submissions": 1, "texts": 0}));
    assert_eq!(handed_over(&reviews.db, reviews.store.clone(), "user_ada").await, part, "the words stay");

    let answer = erased_from(&reviews.db, reviews.store.clone(), "user_ada", true).await;
    assert_eq!(answer.body["counts"], json!({"submissions": 0, "texts": 1}));
    assert_eq!(reviews.rating("prod_1").await, rating);
    let written: Vec<String> = rows(&reviews.db)
        .await
        .into_iter()
        .filter(|row| row.starts_with("review:") && row.contains("As told"))
        .collect();
    assert_eq!(written.len(), 1, "the other's: {written:?}");
}
