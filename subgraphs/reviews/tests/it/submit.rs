use insta::assert_json_snapshot;
use kit::Viewer;
use serde_json::{Value, json};

use crate::{Reviews, SUBMIT, steady};

fn errors(answer: &Value) -> Vec<(Value, Value)> {
    let errors = answer["data"]["reviewSubmit"]["userErrors"].as_array().expect("user errors");
    errors.iter().map(|error| (error["code"].clone(), error["path"][0].clone())).collect()
}

#[tokio::test]
async fn a_review_is_published_at_once() {
    let reviews = Reviews::of(&["prod_1"]).await;
    let answer = reviews.submit("user_ada", "key-1", "prod_1", 4).await;
    let id = answer["data"]["reviewSubmit"]["review"]["id"].clone();
    assert_json_snapshot!(steady(answer, &[("/data/reviewSubmit/review/id", "[id]")]), @r#"
    {
      "data": {
        "reviewSubmit": {
          "review": {
            "author": {
              "id": "user_ada"
            },
            "body": "Does what it should.\nNo more.",
            "createdAt": "2026-01-05T12:00:00+00:00",
            "helpful": 0,
            "id": "[id]",
            "product": {
              "id": "prod_1"
            },
            "rating": 4,
            "recommended": null,
            "title": "As told",
            "verifiedPurchase": false
          },
          "userErrors": []
        }
      }
    }
    "#);
    let document = "query ($id: ID!) { review(id: $id) { body rating author { id } createdAt } }";
    assert_json_snapshot!(reviews.ask(&Viewer::anonymous(), document, json!({"id": id})).await, @r#"
    {
      "data": {
        "review": {
          "author": {
            "id": "user_ada"
          },
          "body": "Does what it should.\nNo more.",
          "createdAt": "2026-01-05T12:00:00+00:00",
          "rating": 4
        }
      }
    }
    "#);
    assert_eq!(reviews.rating("prod_1").await, json!({"average": 4.0, "count": 1, "histogram": [0, 0, 0, 1, 0]}));
}

#[tokio::test]
async fn who_is_not_signed_in_is_refused() {
    let reviews = Reviews::of(&["prod_1"]).await;
    let input = json!({"input": {
        "productId": "prod_1", "rating": 5, "body": "Does what it should.", "idempotencyKey": "key-1",
    }});
    let refused = reviews.ask(&Viewer::anonymous(), SUBMIT, input.clone()).await;
    assert_eq!(reviews.ask(&Viewer::guest("secret"), SUBMIT, input).await, refused);
    assert_json_snapshot!(refused, @r#"
        {
          "data": null,
          "errors": [
            {
              "extensions": {
                "code": "UNAUTHENTICATED"
              },
              "locations": [
                {
                  "column": 5,
                  "line": 2
                }
              ],
              "message": "Sign in first: a page with POST /auth/login, an app with an `authorization: Bearer …` header.",
              "path": [
                "reviewSubmit"
              ]
            }
          ]
        }
        "#);
    assert_eq!(reviews.rating("prod_1").await["count"], 0);
}

#[tokio::test]
async fn all_that_cannot_stand_is_named_at_once() {
    let reviews = Reviews::of(&["prod_1"]).await;
    let input = json!({"input": {
        "productId": "var_1", "rating": 6, "title": "two\nlines", "body": "too short", "idempotencyKey": "",
    }});
    assert_json_snapshot!(reviews.ask(&Viewer::user("user_ada"), SUBMIT, input).await, @r#"
    {
      "data": {
        "reviewSubmit": {
          "review": null,
          "userErrors": [
            {
              "__typename": "InvalidInput",
              "code": "INVALID_INPUT",
              "message": "That is not a product id, which starts with prod_.",
              "path": [
                "productId"
              ]
            },
            {
              "__typename": "InvalidInput",
              "code": "INVALID_INPUT",
              "message": "A rating is 1 to 5 stars.",
              "path": [
                "rating"
              ]
            },
            {
              "__typename": "InvalidInput",
              "code": "INVALID_INPUT",
              "message": "Write the title in one line of up to 120 characters, or leave it out.",
              "path": [
                "title"
              ]
            },
            {
              "__typename": "InvalidInput",
              "code": "INVALID_INPUT",
              "message": "Write 10 to 5000 characters of plain text.",
              "path": [
                "body"
              ]
            },
            {
              "__typename": "InvalidInput",
              "code": "INVALID_INPUT",
              "message": "An idempotency key is 1 to 255 bytes in one line: a UUID does well.",
              "path": [
                "idempotencyKey"
              ]
            }
          ]
        }
      }
    }
    "#);
    assert_eq!(
        reviews.ask(&Viewer::user("user_ada"), SUBMIT, json!({"input": {
            "productId": "prod_1", "rating": 5, "body": "a byte that no screen shows: \u{0}", "idempotencyKey": "k\u{0}",
        }})).await["data"]["reviewSubmit"]["review"],
        json!(null)
    );
}

#[tokio::test]
async fn a_product_is_reviewed_once_by_each() {
    let reviews = Reviews::of(&["prod_1", "prod_2"]).await;
    reviews.submit("user_ada", "key-1", "prod_1", 5).await;
    let again = reviews.submit("user_ada", "key-2", "prod_1", 1).await;
    assert_eq!(errors(&again), [(json!("ALREADY_EXISTS"), json!("productId"))]);
    assert!(errors(&reviews.submit("user_ada", "key-3", "prod_2", 1).await).is_empty());
    assert!(errors(&reviews.submit("user_bob", "key-1", "prod_1", 2).await).is_empty(), "a key is its author's own");
    assert_eq!(reviews.rating("prod_1").await, json!({"average": 3.5, "count": 2, "histogram": [0, 1, 0, 0, 1]}));
}

#[tokio::test]
async fn a_product_that_nobody_sells_is_not_reviewed() {
    let reviews = Reviews::of(&["prod_1"]).await;
    assert_json_snapshot!(reviews.submit("user_ada", "key-1", "prod_9", 5).await, @r#"
    {
      "data": {
        "reviewSubmit": {
          "review": null,
          "userErrors": [
            {
              "__typename": "NotFound",
              "code": "NOT_FOUND",
              "message": "There is no such product.",
              "path": [
                "productId"
              ]
            }
          ]
        }
      }
    }
    "#);
    // The refusal left the key free.
    assert!(errors(&reviews.submit("user_ada", "key-1", "prod_1", 5).await).is_empty());
}

#[tokio::test]
async fn a_submission_that_comes_twice_lands_once() {
    let reviews = Reviews::of(&["prod_1"]).await;
    let first = reviews.submit("user_ada", "key-1", "prod_1", 5).await;
    reviews.clock.advance(chrono::TimeDelta::hours(1));
    assert_eq!(reviews.submit("user_ada", "key-1", "prod_1", 5).await, first);
    assert_eq!(reviews.rating("prod_1").await["count"], 1);
}

#[tokio::test]
async fn a_key_never_stands_for_two_inputs() {
    let reviews = Reviews::of(&["prod_1", "prod_2"]).await;
    reviews.submit("user_ada", "key-1", "prod_1", 5).await;
    for (product, rating) in [("prod_1", 4), ("prod_2", 5)] {
        let other = reviews.submit("user_ada", "key-1", product, rating).await;
        assert_eq!(errors(&other), [(json!("IDEMPOTENCY_MISMATCH"), json!("idempotencyKey"))]);
    }
}

#[tokio::test]
async fn of_ten_submissions_at_once_one_lands() {
    let reviews = Reviews::of(&["prod_1"]).await;
    let same = (0..10).map(|_| reviews.submit("user_ada", "key-1", "prod_1", 5));
    let answers = futures::future::join_all(same).await;
    assert!(answers.iter().all(|answer| *answer == answers[0] && errors(answer).is_empty()), "{answers:#?}");
    let keys: Vec<String> = (0..10).map(|number| format!("key-{number}")).collect();
    let many = keys.iter().map(|key| reviews.submit("user_bob", key, "prod_1", 1));
    let landed = futures::future::join_all(many).await.iter().filter(|answer| errors(answer).is_empty()).count();
    assert_eq!(landed, 1);
    assert_eq!(reviews.rating("prod_1").await, json!({"average": 3.0, "count": 2, "histogram": [1, 0, 0, 0, 1]}));
}
