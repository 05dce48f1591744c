use insta::assert_json_snapshot;
use kit::Viewer;
use serde_json::{Value, json};

use crate::{Reviews, line};

const ENTITIES: &str = "query ($of: [_Any!]!) {
    _entities(representations: $of) { ... on Review { id body } ... on Product { id } }
}";

#[tokio::test]
async fn what_is_no_review_is_null_and_costs_the_others_nothing() {
    let reviews = Reviews::new().await;
    reviews.import(&[line(1, "1", 5, 0)]).await;
    let of = json!([
        {"__typename": "Review", "id": "rev_gone"},
        {"__typename": "Review", "id": "rev_r1"},
        {"__typename": "Review", "id": "prod_1"},
        {"__typename": "Review", "id": "'; drop table review; --\u{0}"},
        {"__typename": "Product", "id": "rev_r1"},
        {"__typename": "Product", "id": "prod_1"},
    ]);
    assert_json_snapshot!(reviews.ask(&Viewer::anonymous(), ENTITIES, json!({"of": of})).await, @r#"
    {
      "data": {
        "_entities": [
          null,
          {
            "body": "Review 1.",
            "id": "rev_r1"
          },
          null,
          null,
          null,
          {
            "id": "prod_1"
          }
        ]
      }
    }
    "#);
    let document = "query ($id: ID!) { review(id: $id) { id } }";
    for id in ["rev_gone", "prod_1", "", "\u{0}"] {
        let answer = reviews.ask(&Viewer::anonymous(), document, json!({"id": id})).await;
        assert_eq!(answer, json!({"data": {"review": null}}), "{id:?}");
    }
}

#[tokio::test]
async fn twenty_reviews_cost_the_statements_of_one() {
    let reviews = Reviews::new().await;
    reviews.import(&(0..20).map(|number| line(number, "1", 5, 0)).collect::<Vec<_>>()).await;
    let mut counts = Vec::new();
    for many in [1, 20] {
        let of: Value =
            (0..many).map(|number| json!({"__typename": "Review", "id": format!("rev_r{number}")})).collect();
        let before = reviews.db.statements();
        reviews.ask(&Viewer::anonymous(), ENTITIES, json!({"of": of})).await;
        counts.push(reviews.db.statements() - before);
    }
    assert_eq!(counts, [1, 1]);
}
