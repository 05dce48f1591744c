use serde_json::json;

use crate::shop::Shop;

const ALL: &str = "query ($query: String!) {
    search(query: $query) {
        hits { highlight product { title } }
        facets { values { count } }
        totalCount { value }
        didYouMean
    }
}";

#[tokio::test]
async fn no_text_is_an_error() {
    let shop = Shop::open().await;
    let long = "headphones ".repeat(900);
    let unbroken = "x".repeat(10_000);
    let signs = "-\"*".repeat(3_000);
    let digits = "1a".repeat(5_000);
    let queries = [
        "\"(((",
        "AND OR NOT",
        "title:hp",
        "hp AND (NOT",
        "+hp -mouse",
        "mouse~2",
        "mou*",
        "[a TO z]",
        "price:>0",
        "^",
        "\\",
        "/.*/",
        "🎧",
        "🎧 headphones 🎧",
        "наушники",
        "日本語 マウス",
        "سماعات",
        "a\u{301}\u{200d}\u{202e}b",
        "\u{0}\u{1}",
        "é",
        "ß",
        "İ",
        "'; DROP TABLE products;--",
        "<script>alert(1)</script>",
        "%00",
        "{{7*7}}",
        "null",
        "true",
        long.as_str(),
        unbroken.as_str(),
        signs.as_str(),
        digits.as_str(),
    ];
    for query in queries {
        let answer = shop.ask(ALL, json!({ "query": query })).await;
        let shown: String = query.chars().take(40).collect();
        assert!(answer.get("errors").is_none(), "{shown}: {answer}");
        assert!(answer["data"]["search"]["totalCount"]["value"].is_u64(), "{shown}: {answer}");
    }
}

#[tokio::test]
async fn signs_are_ignored_and_the_words_between_them_count() {
    let shop = Shop::open().await;
    for query in ["+sony -headphones", "\"sony headphones\"", "(sony) AND headphones", "🎧 sony headphones!!!"] {
        assert_eq!(shop.found(query).await, ["headphones"], "{query}");
    }
}

#[tokio::test]
async fn signs_alone_find_nothing() {
    let shop = Shop::open().await;
    assert_eq!(shop.found("\"(((").await, [""; 0]);
    assert_eq!(shop.found("🎧").await, [""; 0]);
}
