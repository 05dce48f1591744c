use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::shop::{Shop, product};

const PAGE: &str = "query ($query: String!, $sort: SearchSort!, $first: Int!, $after: String) {
    search(query: $query, sort: $sort, first: $first, after: $after) {
        hits { cursor product { id } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        totalCount { value precision }
    }
}";

/// Fifty products in several segments, many of them alike.
async fn shop() -> Shop {
    let shop = Shop::empty().await;
    for batch in 0..5 {
        let alike = |at: i64| {
            product(&format!("b{batch}x{at}"), "Wooden spoon", "Spoons", &["Kitchen"], 100 * (at % 3), "2020-01-01")
        };
        shop.tell(&(0..10).map(alike).collect::<Vec<_>>()).await;
    }
    shop
}

#[tokio::test]
async fn paging_walks_every_hit_once_in_any_order() {
    let shop = shop().await;
    for sort in ["RELEVANCE", "PRICE_ASC", "PRICE_DESC", "NEWEST"] {
        for query in ["", "wooden spoon"] {
            let mut seen = Vec::new();
            let mut after = Value::Null;
            loop {
                let variables = json!({"query": query, "sort": sort, "first": 7, "after": after});
                let answer = shop.ask(PAGE, variables).await;
                let result = &answer["data"]["search"];
                let hits = result["hits"].as_array().unwrap_or_else(|| panic!("{answer}"));
                seen.extend(hits.iter().map(|hit| hit["product"]["id"].to_string()));
                assert_eq!(result["totalCount"], json!({"value": 50, "precision": "EXACT"}));
                assert_eq!(result["pageInfo"]["hasPreviousPage"], json!(!after.is_null()));
                after = result["pageInfo"]["endCursor"].clone();
                if result["pageInfo"]["hasNextPage"] == false {
                    break;
                }
            }
            assert_eq!(seen.len(), 50, "{sort} {query}");
            assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 50, "{sort} {query}");
        }
    }
}

#[tokio::test]
async fn a_cursor_goes_on_although_its_product_is_gone() {
    let shop = shop().await;
    let first = |after: Value| json!({"query": "", "sort": "PRICE_ASC", "first": 10, "after": after});
    let page = shop.ask(PAGE, first(Value::Null)).await;
    let hits = &page["data"]["search"]["hits"];
    let mut removed = product("x", "", "", &[], 0, "2020-01-01");
    removed["id"] = hits[9]["product"]["id"].clone();
    removed["removed"] = true.into();
    removed["version"] = 2.into();
    let expected = shop.ask(PAGE, first(hits[9]["cursor"].clone())).await;
    shop.tell(&[removed]).await;
    let next = shop.ask(PAGE, first(hits[9]["cursor"].clone())).await;
    assert_eq!(next["data"]["search"]["hits"], expected["data"]["search"]["hits"]);
}

#[tokio::test]
async fn a_cursor_of_another_search_is_refused() {
    let shop = shop().await;
    let page =
        |query: &str, sort: &str, after: Value| json!({"query": query, "sort": sort, "first": 5, "after": after});
    let answer = shop.ask(PAGE, page("spoon", "RELEVANCE", Value::Null)).await;
    let cursor = &answer["data"]["search"]["pageInfo"]["endCursor"];
    for (query, sort) in [("wooden", "RELEVANCE"), ("spoon", "NEWEST")] {
        let refused = shop.ask(PAGE, page(query, sort, cursor.clone())).await;
        assert_eq!(refused["errors"][0]["extensions"]["code"], "BAD_CURSOR", "{refused}");
    }
    for forged in ["", "🎧", "W10", "bm90IGpzb24", &"A".repeat(10_000)] {
        let refused = shop.ask(PAGE, page("spoon", "RELEVANCE", forged.into())).await;
        assert_eq!(refused["errors"][0]["extensions"]["code"], "BAD_CURSOR", "{refused}");
    }
}

#[tokio::test]
async fn a_page_has_one_to_a_hundred_hits() {
    let shop = shop().await;
    for first in [-1, 0, 101] {
        let answer = shop.ask(PAGE, json!({"query": "", "sort": "NEWEST", "first": first})).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{answer}");
    }
}
