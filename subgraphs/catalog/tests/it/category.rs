use std::collections::BTreeSet;

use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::shop::{Shop, lamp, rug};

#[tokio::test]
async fn the_tree_is_walked_both_ways() {
    let shop = Shop::with_shelves().await;
    let answer = shop
        .ask(
            r#"{
                categories { id slug name parent { id } ancestors { id } children { name children { name } } }
                category(slug: "home-lamps-desk") { name parent { name } ancestors { slug } children { id } }
            }"#,
        )
        .await;
    assert_json_snapshot!(answer, @r#"
    {
      "data": {
        "categories": [
          {
            "ancestors": [],
            "children": [
              {
                "children": [
                  {
                    "name": "Desk lamps"
                  }
                ],
                "name": "Lamps"
              },
              {
                "children": [],
                "name": "Rugs"
              }
            ],
            "id": "cat_home",
            "name": "Home",
            "parent": null,
            "slug": "home"
          }
        ],
        "category": {
          "ancestors": [
            {
              "slug": "home"
            },
            {
              "slug": "home-lamps"
            }
          ],
          "children": [],
          "name": "Desk lamps",
          "parent": {
            "name": "Lamps"
          }
        }
      }
    }
    "#);
}

#[tokio::test]
async fn a_category_holds_what_stands_below_it() {
    let shop = Shop::with_shelves().await;
    shop.stock(&[lamp("a", "home-lamps", 300), lamp("b", "home-lamps-desk", 200), rug()]).await;
    let answer = shop
        .ask(
            r#"query {
                home: category(id: "cat_home") { ...found }
                lamps: category(id: "cat_home-lamps") { ...found }
                desk: category(id: "cat_home-lamps-desk") { ...found }
            }
            fragment found on Category {
                products(sort: PRICE_ASC) {
                    nodes { title priceRange { min { decimal } } } totalCount { value precision }
                }
            }"#,
        )
        .await;
    assert_json_snapshot!(answer["data"], @r#"
    {
      "desk": {
        "products": {
          "nodes": [
            {
              "priceRange": {
                "min": {
                  "decimal": "2.00"
                }
              },
              "title": "Lamp b"
            }
          ],
          "totalCount": {
            "precision": "EXACT",
            "value": 1
          }
        }
      },
      "home": {
        "products": {
          "nodes": [
            {
              "priceRange": {
                "min": {
                  "decimal": "2.00"
                }
              },
              "title": "Lamp b"
            },
            {
              "priceRange": {
                "min": {
                  "decimal": "3.00"
                }
              },
              "title": "Lamp a"
            },
            {
              "priceRange": {
                "min": {
                  "decimal": "49.95"
                }
              },
              "title": "Woven rug"
            }
          ],
          "totalCount": {
            "precision": "EXACT",
            "value": 3
          }
        }
      },
      "lamps": {
        "products": {
          "nodes": [
            {
              "priceRange": {
                "min": {
                  "decimal": "2.00"
                }
              },
              "title": "Lamp b"
            },
            {
              "priceRange": {
                "min": {
                  "decimal": "3.00"
                }
              },
              "title": "Lamp a"
            }
          ],
          "totalCount": {
            "precision": "EXACT",
            "value": 2
          }
        }
      }
    }
    "#);
}

/// Prices, dates and ranks with many equals among them.
async fn crowded() -> Shop {
    let shop = Shop::with_shelves().await;
    let lines: Vec<Value> = (0..53)
        .map(|number| {
            let category = if number % 3 == 0 { "home-lamps-desk" } else { "home-lamps" };
            let mut line = lamp(&format!("l{number}"), category, 100 + number % 5);
            if number % 4 != 0 {
                line["releasedAt"] = json!(format!("2020-01-{:02}", 1 + number % 7));
            }
            line
        })
        .collect();
    assert_eq!(shop.stock(&lines).await.changed, 53);
    shop
}

#[tokio::test]
async fn paging_meets_each_product_once_in_every_sort() {
    let shop = crowded().await;
    for sort in ["FEATURED", "NEWEST", "PRICE_ASC", "PRICE_DESC"] {
        let mut met: Vec<Value> = Vec::new();
        let mut after = String::from("null");
        loop {
            let page = shop
                .ask(format!(
                    r#"{{ category(id: "cat_home") {{ products(first: 7, sort: {sort}, after: {after}) {{
                        nodes {{ id releasedAt priceRange {{ min {{ minor }} }} }}
                        pageInfo {{ hasNextPage endCursor }} }} }} }}"#
                ))
                .await;
            let products = &page["data"]["category"]["products"];
            met.extend(products["nodes"].as_array().expect("nodes").iter().cloned());
            after = products["pageInfo"]["endCursor"].to_string();
            if products["pageInfo"]["hasNextPage"] == false {
                break;
            }
        }
        let ids: BTreeSet<String> = met.iter().map(|product| product["id"].to_string()).collect();
        assert_eq!((met.len(), ids.len()), (53, 53), "{sort}");
        let prices: Vec<i64> =
            met.iter().map(|one| one["priceRange"]["min"]["minor"].as_str().unwrap().parse().unwrap()).collect();
        let dates: Vec<String> =
            met.iter().map(|one| one["releasedAt"].as_str().unwrap_or_default().to_owned()).collect();
        match sort {
            "PRICE_ASC" => assert!(prices.is_sorted()),
            "PRICE_DESC" => assert!(prices.iter().rev().is_sorted()),
            "NEWEST" => assert!(dates.iter().rev().is_sorted()),
            _ => {}
        }
    }
}

#[tokio::test]
async fn a_cursor_serves_only_the_sort_it_came_from() {
    let shop = crowded().await;
    let page = shop
        .ask(r#"{ category(id: "cat_home") { products(first: 1, sort: NEWEST) { pageInfo { endCursor } } } }"#)
        .await;
    let cursor = &page["data"]["category"]["products"]["pageInfo"]["endCursor"];
    let answer = shop
        .ask(format!(
            r#"{{ category(id: "cat_home") {{ products(sort: PRICE_ASC, after: {cursor}) {{ nodes {{ id }} }} }} }}"#
        ))
        .await;
    assert_json_snapshot!(answer, @r#"
    {
      "data": {
        "category": null
      },
      "errors": [
        {
          "extensions": {
            "code": "BAD_CURSOR"
          },
          "locations": [
            {
              "column": 30,
              "line": 1
            }
          ],
          "message": "`after` is a cursor of another sort: start again without it when the sort changes.",
          "path": [
            "category",
            "products"
          ]
        }
      ]
    }
    "#);
    let nonsense = shop.ask(r#"{ category(id: "cat_home") { products(after: "nonsense") { nodes { id } } } }"#).await;
    assert_eq!(nonsense["errors"][0]["extensions"]["code"], "BAD_CURSOR");
}

#[tokio::test]
async fn a_long_list_is_counted_to_a_thousand() {
    let shop = Shop::with_shelves().await;
    let lines: Vec<Value> = (0..1_001).map(|number| lamp(&format!("l{number}"), "home-lamps", 100)).collect();
    shop.stock(&lines).await;
    let answer =
        shop.ask(r#"{ category(id: "cat_home") { products(first: 1) { totalCount { value precision } } } }"#).await;
    assert_json_snapshot!(answer["data"]["category"]["products"], @r#"
    {
      "totalCount": {
        "precision": "AT_LEAST",
        "value": 1000
      }
    }
    "#);
}

#[tokio::test]
async fn a_category_that_moves_takes_its_products_along() {
    let shop = Shop::with_shelves().await;
    shop.stock(&[lamp("b", "home-lamps-desk", 200)]).await;
    shop.shelve(json!([
        {"id": "office", "name": "Office"},
        {"id": "home-lamps-desk", "name": "Desk lamps", "parent": "office"},
    ]))
    .await;
    let answer = shop
        .ask(
            r#"query {
                home: category(id: "cat_home") { products { nodes { id } } }
                office: category(id: "cat_office") { products { nodes { id category { ancestors { name } } } } }
            }"#,
        )
        .await;
    assert_json_snapshot!(answer["data"], @r#"
    {
      "home": {
        "products": {
          "nodes": []
        }
      },
      "office": {
        "products": {
          "nodes": [
            {
              "category": {
                "ancestors": [
                  {
                    "name": "Office"
                  }
                ]
              },
              "id": "prod_b"
            }
          ]
        }
      }
    }
    "#);
}

#[tokio::test]
async fn the_order_of_the_last_import_is_the_shops_order() {
    let shop = Shop::with_shelves().await;
    let roots = |order: &[&str]| -> Value {
        order.iter().map(|id| json!({"id": id, "name": id.to_uppercase()})).collect::<Vec<_>>().into()
    };
    let shown = async || {
        let answer = shop.ask("{ categories { slug } }").await;
        let slugs = answer["data"]["categories"].as_array().expect("categories").iter();
        slugs.map(|category| category["slug"].as_str().expect("a slug").to_owned()).collect::<Vec<_>>()
    };
    shop.shelve(roots(&["b", "a", "c"])).await;
    assert_eq!(shown().await, ["home", "b", "a", "c"]);
    shop.shelve(roots(&["c", "b", "a"])).await;
    assert_eq!(shown().await, ["home", "c", "b", "a"]);
    // What is not listed stays where it is; what is listed changes places among itself.
    shop.shelve(roots(&["a", "c"])).await;
    assert_eq!(shown().await, ["home", "a", "b", "c"]);
}
