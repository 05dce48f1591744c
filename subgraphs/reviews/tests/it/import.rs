use insta::assert_debug_snapshot;
use reviews::import::{Imported, ReviewLine};
use serde_json::json;

use crate::{Reviews, line};

#[tokio::test]
async fn a_line_of_a_file_becomes_a_review() {
    let reviews = Reviews::new().await;
    let lines: Vec<ReviewLine> = serde_json::from_value(json!([
        {"id": "apparel-1", "product": "apparel-767", "rating": 4, "title": " Fits ", "body": "As it should.\n",
         "helpful": 3, "recommended": true, "createdAt": "2019-06-01T00:00:00Z"},
        {"id": "apparel-2", "product": "apparel-767", "rating": 1, "helpful": 0, "createdAt": "2019-06-02T00:00:00Z"},
    ]))
    .expect("lines of the format");
    let imported = reviews.store.import_reviews(&lines).await.expect("imported");
    assert_eq!(imported, Imported { changed: 2, unchanged: 0, rejected: Vec::new() });
    let document = "{ review(id: \"rev_apparel-1\") { product { id } rating title body helpful recommended createdAt author { id } } }";
    insta::assert_json_snapshot!(reviews.ask(&kit::Viewer::anonymous(), document, json!({})).await, @r#"
    {
      "data": {
        "review": {
          "author": null,
          "body": "As it should.",
          "createdAt": "2019-06-01T00:00:00+00:00",
          "helpful": 3,
          "product": {
            "id": "prod_apparel-767"
          },
          "rating": 4,
          "recommended": true,
          "title": "Fits"
        }
      }
    }
    "#);
    let expected = json!({"average": 2.5, "count": 2, "histogram": [1, 0, 0, 1, 0]});
    assert_eq!(reviews.rating("prod_apparel-767").await, expected);
    let answer = reviews.submit("user_ada", "1", "prod_apparel-767", 5).await;
    assert_eq!(answer["data"]["reviewSubmit"]["userErrors"], json!([]), "the product is known");
    assert_eq!(reviews.rating("prod_apparel-767").await["count"], 3);
}

#[tokio::test]
async fn an_import_can_be_done_again() {
    let reviews = Reviews::new().await;
    let mut lines: Vec<_> = (0..2500).map(|number| line(number, &(number % 7).to_string(), 4, 0)).collect();
    reviews.import(&lines).await;
    reviews.submit("user_ada", "1", "prod_3", 4).await;
    let again = reviews.store.import_reviews(&lines).await.expect("imported");
    assert_eq!(again, Imported { changed: 0, unchanged: 2500, rejected: Vec::new() });
    let before = reviews.rating("prod_3").await;
    assert_eq!(before["count"], 358);

    // One changes its mind, one its product.
    lines[3].rating = 1;
    lines[10].product = "0".to_owned();
    let changed = reviews.store.import_reviews(&lines).await.expect("imported");
    assert_eq!(changed, Imported { changed: 2, unchanged: 2498, rejected: Vec::new() });
    assert_eq!(reviews.rating("prod_3").await["histogram"], json!([1, 0, 0, 356, 0]));
    assert_eq!(reviews.rating("prod_0").await["histogram"], json!([0, 0, 0, 359, 0]));
}

#[tokio::test]
async fn a_line_that_does_not_hold_is_named_and_the_others_land() {
    let reviews = Reviews::new().await;
    let lines = [
        ReviewLine { id: "R 1".to_owned(), ..line(1, "1", 5, 0) },
        ReviewLine { product: String::new(), ..line(2, "1", 5, 0) },
        line(3, "1", 6, 0),
        line(4, "1", 5, -1),
        ReviewLine { body: Some("\0".to_owned()), ..line(5, "1", 5, 0) },
        ReviewLine { created_at: chrono::DateTime::<chrono::Utc>::MAX_UTC, ..line(6, "1", 5, 0) },
        line(7, "1", 5, i64::MAX),
        line(8, "1", 5, 0),
        line(8, "1", 4, 0),
    ];
    let imported = reviews.store.import_reviews(&lines).await.expect("imported");
    assert_debug_snapshot!(imported, @r#"
    Imported {
        changed: 1,
        unchanged: 1,
        rejected: [
            (
                0,
                "`R 1` is no review id: write 1 to 64 of a-z, 0-9 and -",
            ),
            (
                1,
                "`` is no product id: write 1 to 64 of a-z, 0-9 and -",
            ),
            (
                2,
                "a rating is 1 to 5 stars, not 6",
            ),
            (
                3,
                "-1 people cannot have found it helpful",
            ),
            (
                4,
                "the body holds characters that cannot be shown: type it anew instead of pasting it",
            ),
            (
                5,
                "+262142-12-31 23:59:59.999999999 UTC is no time to have written it",
            ),
            (
                6,
                "9223372036854775807 people cannot have found it helpful",
            ),
        ],
    }
    "#);
    assert_eq!(reviews.rating("prod_1").await["histogram"], json!([0, 0, 0, 1, 0]), "the last of an id stands");
}

#[tokio::test]
async fn a_submission_in_the_middle_of_an_import_is_counted() {
    let reviews = Reviews::of(&["prod_1"]).await;
    let lines: Vec<_> = (0..3000).map(|number| line(number, "1", 4, 0)).collect();
    let users: Vec<String> = (0..20).map(|number| format!("user_{number}")).collect();
    let submissions = users.iter().map(|user| reviews.submit(user, "1", "prod_1", 5));
    tokio::join!(reviews.import(&lines), futures::future::join_all(submissions));
    assert_eq!(reviews.rating("prod_1").await["histogram"], json!([0, 0, 0, 3000, 20]));
}
