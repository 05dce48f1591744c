use insta::assert_json_snapshot;
use kit::Viewer;
use serde_json::{Value, json};

use crate::{Reviews, line};

const PAGE: &str = "query ($of: [_Any!]!, $first: Int, $after: String, $sort: ReviewSort) {
    _entities(representations: $of) {
        ... on Product {
            id
            reviews(first: $first, after: $after, sort: $sort) {
                nodes { id }
                pageInfo { hasNextPage hasPreviousPage endCursor }
            }
        }
    }
}";

fn of(products: &[String]) -> Value {
    products.iter().map(|id| json!({"__typename": "Product", "id": id})).collect()
}

/// Every id of the list, page by page.
async fn walk(reviews: &Reviews, products: &[&str], sort: &str, first: i32) -> Vec<String> {
    let products: Vec<String> = products.iter().map(|&id| id.to_owned()).collect();
    let (mut ids, mut after) = (Vec::new(), Value::Null);
    loop {
        let variables = json!({"of": of(&products), "first": first, "after": after, "sort": sort});
        let answer = reviews.ask(&Viewer::anonymous(), PAGE, variables).await;
        let page = &answer["data"]["_entities"][0]["reviews"];
        let nodes = page["nodes"].as_array().unwrap_or_else(|| panic!("no page: {answer:#}"));
        ids.extend(nodes.iter().map(|node| node["id"].as_str().expect("an id").to_owned()));
        if page["pageInfo"]["hasNextPage"] != json!(true) {
            return ids;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

async fn eight() -> Reviews {
    let reviews = Reviews::new().await;
    let mut lines: Vec<_> = [(5, 0), (1, 7), (3, 2), (5, 2), (1, 0), (4, 7), (2, 0), (3, 0)]
        .into_iter()
        .zip(0..)
        .map(|((rating, helpful), number)| line(number, "1", rating, helpful))
        .collect();
    // Two at the same moment, alike in everything but their ids.
    lines[7].created_at = lines[2].created_at;
    lines[7].helpful = 2;
    lines.push(line(99, "2", 5, 1));
    reviews.import(&lines).await;
    reviews
}

#[tokio::test]
async fn a_list_is_walked_page_by_page_in_each_order() {
    let reviews = eight().await;
    let orders = [
        ("HELPFUL", ["r1", "r5", "r7", "r2", "r3", "r0", "r4", "r6"]),
        ("NEWEST", ["r0", "r1", "r7", "r2", "r3", "r4", "r5", "r6"]),
        ("RATING_LOW", ["r1", "r4", "r6", "r7", "r2", "r5", "r0", "r3"]),
    ];
    for (sort, expected) in orders {
        let expected = expected.map(|id| format!("rev_{id}"));
        for first in [1, 2, 3, 7, 8, 100] {
            assert_eq!(walk(&reviews, &["prod_1"], sort, first).await, expected, "{sort}, {first} a page");
            let beside = walk(&reviews, &["prod_1", "prod_2"], sort, first).await;
            assert_eq!(beside, expected, "{sort}, {first} a page, beside another product");
        }
    }
}

#[tokio::test]
async fn a_review_has_all_that_was_said() {
    let reviews = eight().await;
    let document = "query ($of: [_Any!]!) { _entities(representations: $of) { ... on Product {
        rating { average count histogram }
        reviews(first: 1) {
            edges { node { id rating title body recommended helpful verifiedPurchase createdAt author { id } product { id } } }
            pageInfo { hasNextPage hasPreviousPage }
        }
    } } }";
    let of = of(&["prod_1".to_owned(), "prod_none".to_owned()]);
    assert_json_snapshot!(reviews.ask(&Viewer::anonymous(), document, json!({"of": of})).await, @r#"
    {
      "data": {
        "_entities": [
          {
            "rating": {
              "average": 3.0,
              "count": 8,
              "histogram": [
                2,
                1,
                2,
                1,
                2
              ]
            },
            "reviews": {
              "edges": [
                {
                  "node": {
                    "author": null,
                    "body": "Review 1.",
                    "createdAt": "2026-01-05T11:59:00+00:00",
                    "helpful": 7,
                    "id": "rev_r1",
                    "product": {
                      "id": "prod_1"
                    },
                    "rating": 1,
                    "recommended": null,
                    "title": null,
                    "verifiedPurchase": false
                  }
                }
              ],
              "pageInfo": {
                "hasNextPage": true,
                "hasPreviousPage": false
              }
            }
          },
          {
            "rating": {
              "average": null,
              "count": 0,
              "histogram": [
                0,
                0,
                0,
                0,
                0
              ]
            },
            "reviews": {
              "edges": [],
              "pageInfo": {
                "hasNextPage": false,
                "hasPreviousPage": false
              }
            }
          }
        ]
      }
    }
    "#);
}

#[tokio::test]
async fn a_page_that_cannot_be_is_refused_and_costs_only_itself() {
    let reviews = eight().await;
    let document = "query ($of: [_Any!]!, $first: Int, $after: String) {
        _entities(representations: $of) { ... on Product { id rating { count } reviews(first: $first, after: $after) { nodes { id } } } }
    }";
    let newest = reviews
        .ask(&Viewer::anonymous(), PAGE, json!({"of": of(&["prod_1".to_owned()]), "first": 1, "sort": "NEWEST"}))
        .await["data"]["_entities"][0]["reviews"]["pageInfo"]["endCursor"]
        .clone();
    for (first, after, code) in [
        (0, Value::Null, "BAD_USER_INPUT"),
        (-1, Value::Null, "BAD_USER_INPUT"),
        (101, Value::Null, "BAD_USER_INPUT"),
        (10, json!("what is this"), "BAD_CURSOR"),
        (10, json!("\u{0}"), "BAD_CURSOR"),
        (10, newest, "BAD_CURSOR"),
    ] {
        let variables = json!({"of": of(&["prod_1".to_owned()]), "first": first, "after": after});
        let answer = reviews.ask(&Viewer::anonymous(), document, variables).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], code, "{first} {after}");
        assert_eq!(answer["data"]["_entities"][0], json!({"id": "prod_1", "rating": {"count": 8}, "reviews": null}));
    }
}

#[tokio::test]
async fn twenty_four_products_cost_the_statements_of_one() {
    let reviews = Reviews::new().await;
    let lines: Vec<_> = (0..240).map(|number| line(number, &(number % 24).to_string(), 5, 0)).collect();
    reviews.import(&lines).await;
    for number in 0..24 {
        reviews.submit("user_ada", &format!("key-{number}"), &format!("prod_{number}"), 5).await;
    }
    let document = "query ($of: [_Any!]!) { _entities(representations: $of) { ... on Product {
        rating { average }
        reviews(first: 20, sort: NEWEST) { nodes { id body verifiedPurchase author { id } } }
    } } }";
    let mut counts = Vec::new();
    for many in [1, 24] {
        let products: Vec<String> = (0..many).map(|number| format!("prod_{number}")).collect();
        let before = reviews.db.statements();
        let answer = reviews.ask(&Viewer::anonymous(), document, json!({"of": of(&products)})).await;
        counts.push(reviews.db.statements() - before);
        let answered = answer["data"]["_entities"].as_array().expect("products");
        assert!(answered.iter().all(|product| product["reviews"]["nodes"].as_array().map(Vec::len) == Some(11)));
    }
    assert_eq!(counts, [3, 3], "ratings, reviews, purchases");
}
