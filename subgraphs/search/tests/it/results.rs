use serde_json::json;

use crate::shop::{Shop, assortment, product};

const PAGE: &str = "query ($query: String!) {
    search(query: $query, first: 1) {
        hits { highlight product { id slug title } }
        facets { key label kind values { label count selected } }
        pageInfo { hasNextPage hasPreviousPage }
        totalCount { value precision }
        didYouMean
    }
}";

#[tokio::test]
async fn a_page_holds_all_that_a_screen_needs() {
    let shop = Shop::open().await;
    let answer = shop.ask(PAGE, json!({"query": "hp notebook memory"})).await;
    insta::assert_json_snapshot!(answer, @r#"
    {
      "data": {
        "search": {
          "didYouMean": null,
          "facets": [
            {
              "key": "brand",
              "kind": "LIST",
              "label": "Brand",
              "values": [
                {
                  "count": 1,
                  "label": "HP",
                  "selected": false
                }
              ]
            },
            {
              "key": "category",
              "kind": "LIST",
              "label": "Category",
              "values": [
                {
                  "count": 1,
                  "label": "Computers",
                  "selected": false
                }
              ]
            },
            {
              "key": "price",
              "kind": "RANGE",
              "label": "Price",
              "values": [
                {
                  "count": 1,
                  "label": "1000 – 2000 USD",
                  "selected": false
                }
              ]
            }
          ],
          "hits": [
            {
              "highlight": "An Intel Core 2 Duo <em>notebook</em> with 4GB of <em>memory</em> &amp; a 17&quot; screen.",
              "product": {
                "id": "prod_pavilion",
                "slug": "hp-pavilion-dv7-1211ea-notebook-silver",
                "title": "HP Pavilion dv7-1211ea Notebook Silver"
              }
            }
          ],
          "pageInfo": {
            "hasNextPage": false,
            "hasPreviousPage": false
          },
          "totalCount": {
            "precision": "EXACT",
            "value": 1
          }
        }
      }
    }
    "#);
}

#[tokio::test]
async fn without_a_query_everything_is_given_newest_first() {
    let shop = Shop::open().await;
    assert_eq!(shop.found(" ").await.len(), assortment().len());
    assert_eq!(shop.found("").await[..2], ["headphones", "mouse-hp"]);
}

#[tokio::test]
async fn hits_come_in_the_order_asked_for_with_the_unpriced_last() {
    let shop = Shop::open().await;
    let mut unpriced = product("unpriced", "Mouse nobody prices", "", &["Accessories", "Mice"], 0, "2030-01-01");
    unpriced["variants"] = json!([]);
    unpriced["releasedAt"] = json!(null);
    shop.tell(&[unpriced]).await;
    let sorted = async |sort: &str| shop.ids(json!({"query": "mouse", "sort": sort})).await;
    assert_eq!(sorted("PRICE_ASC").await, ["mouse-wired", "mouse-hp", "mouse-logi", "unpriced"]);
    assert_eq!(sorted("PRICE_DESC").await, ["mouse-logi", "mouse-hp", "mouse-wired", "unpriced"]);
    assert_eq!(sorted("NEWEST").await, ["mouse-hp", "mouse-logi", "mouse-wired", "unpriced"]);
}

#[tokio::test]
async fn the_thing_itself_comes_before_what_belongs_to_it() {
    let shop = Shop::open().await;
    let found = shop.found("notebook").await;
    assert_eq!(found[2..], ["sleeve"], "{found:?}");
}

#[tokio::test]
async fn a_synonym_finds_what_is_called_otherwise() {
    let shop = Shop::open().await;
    let found = shop.found("laptop").await;
    assert!(found.contains(&"thinkpad".to_owned()), "{found:?}");
    assert_eq!(shop.found("head set").await, ["headset"]);
}

#[tokio::test]
async fn of_many_unknown_words_the_first_three_are_corrected() {
    let shop = Shop::open().await;
    let answer = shop.ask(PAGE, json!({ "query": "headphnes headphnes headphnes headphnes sony" })).await;
    let meant = &answer["data"]["search"]["didYouMean"];
    assert_eq!(meant, "headphones headphones headphones headphnes sony", "{answer}");
}

#[tokio::test]
async fn a_slip_is_corrected_and_said_so() {
    let shop = Shop::open().await;
    for (query, meant) in [("sony headphnes", "sony headphones"), ("Wireles hedphones", "wireless headphones")] {
        let answer = shop.ask(PAGE, json!({ "query": query })).await;
        assert_eq!(answer["data"]["search"]["didYouMean"], meant);
        assert!(answer["data"]["search"]["hits"][0].is_object(), "{answer}");
    }
    for query in ["sony headphones", "xqzzyx", "dv7-1211eb"] {
        let answer = shop.ask(PAGE, json!({ "query": query })).await;
        assert_eq!(answer["data"]["search"]["didYouMean"], json!(null), "{query}");
    }
}

#[tokio::test]
async fn words_that_no_product_has_together_find_what_has_half_of_them() {
    let shop = Shop::open().await;
    assert_eq!(shop.found("plantronics pavilion").await.len(), 2);
}

#[tokio::test]
async fn a_highlight_is_safe_html() {
    let shop = Shop::open().await;
    let answer = shop.ask(PAGE, json!({"query": "screen notebook"})).await;
    assert_eq!(
        answer["data"]["search"]["hits"][0]["highlight"],
        "An Intel Core 2 Duo <em>notebook</em> with 4GB of memory &amp; a 17&quot; <em>screen</em>."
    );
}

#[test]
fn a_hits_slug_and_title_need_no_other_subgraph() {
    let sdl = kit::graphql::sdl::export(&search::schema());
    for line in [
        "product: Product @provides(fields: \"slug title\")",
        "type Product @key(fields: \"id\", resolvable: false)",
        "slug: String! @external",
        "title: String! @external",
    ] {
        assert!(sdl.contains(line), "{line} in {sdl}");
    }
}
