use kit::Viewer;
use kit::testing::doors::{doors, nothing_hostile_is_kept, walk};
use serde_json::json;

use crate::{Reviews, SUBMIT};

#[tokio::test]
async fn no_hostile_text_breaks_anything_or_is_kept() {
    let reviews = Reviews::of(&["prod_1"]).await;
    let key = std::cell::Cell::new(0);
    let sample = |path: &str| {
        let (_, field) = path.rsplit_once('.')?;
        Some(match field {
            "productId" => json!("prod_1"),
            "body" => json!("Does what it should."),
            _ => return None,
        })
    };
    let nested = [(
        "Product.reviews.after",
        "query ($text: String) { _entities(representations: [{ __typename: \"Product\", id: \"prod_1\" }]) {
            ... on Product { reviews(after: $text) { nodes { id } } } } }",
        json!({ "text": "" }),
    )];
    let doors = doors(&reviews.schema, &sample, &nested).await;
    assert!(doors.len() >= 6, "{} doors", doors.len());
    // Everybody reviews the product once: another author each time, or all but the first would be refused.
    let tried = walk(&doors, async |document, variables| {
        key.set(key.get() + 1);
        reviews.ask(&Viewer::user(&format!("user_{}", key.get())), document, variables).await
    });
    let tried = tried.await;
    assert!(tried >= 6 * 72, "{tried} texts");
    nothing_hostile_is_kept(&reviews.db).await;
    assert!(kit::testing::rows(&reviews.db).await.len() > 50, "what can be cleaned was published");
}

#[tokio::test]
async fn a_review_keeps_its_lines_and_nothing_that_hides() {
    let reviews = Reviews::of(&["prod_1"]).await;
    let input = json!({"input": {
        "productId": "prod_1", "rating": 5, "title": "\u{202e}Cafe\u{301}\u{202c}",
        "body": "First line.\r\nSecond\u{200b} line.\u{2028}Third.\n", "idempotencyKey": "k",
    }});
    let answer = reviews.ask(&Viewer::user("user_1"), SUBMIT, input).await;
    let review = &answer["data"]["reviewSubmit"]["review"];
    assert_eq!((&review["title"], &review["body"]), (&json!("Café"), &json!("First line.\nSecond line.\nThird.")));
}
