use async_graphql::{Request, Variables};
use kit::testing::doors::{doors, nothing_hostile_is_kept, walk};
use serde_json::{Value, json};

use crate::shop::{Shop, lamp};

#[tokio::test]
async fn no_hostile_text_breaks_anything_and_none_is_a_slug() {
    let shop = Shop::with_shelves().await;
    assert_eq!(shop.stock(&[lamp("lamp", "home-lamps", 900)]).await.rejected, []);
    let category =
        "query ($text: String) { category(slug: \"home-lamps\") { products(after: $text) { nodes { id } } } }";
    let variants = "query ($text: String) { product(slug: \"lamp-slug\") { variants(after: $text) { nodes { id } } } }";
    let option = |text: &str, other: &str| {
        format!(
            "query ($text: String!) {{ product(slug: \"lamp-slug\") {{ variant(options: [{{ {text}: $text, {other}: \"x\" }}]) {{ id }} }} }}"
        )
    };
    let (name, value) = (option("name", "value"), option("value", "name"));
    let text = || json!({ "text": "" });
    let nested: [(&str, &str, Value); 4] = [
        ("Category.products.after", category, text()),
        ("Product.variants.after", variants, text()),
        ("Product.variant.options.name", &name, text()),
        ("Product.variant.options.value", &value, text()),
    ];
    let doors = doors(shop.schema(), &|_| None, &nested).await;
    assert!(doors.len() >= 8, "{} doors", doors.len());
    let tried = walk(&doors, async |document, variables| {
        let answer = shop.ask(Request::new(document).variables(Variables::from_json(variables))).await;
        if document.contains("$slug") {
            assert!(answer["data"]["product"].is_null() && answer["data"]["category"].is_null(), "{answer}");
        }
        answer
    });
    assert!(tried.await >= 8 * 72);
    nothing_hostile_is_kept(&shop.db).await;
}

#[tokio::test]
async fn a_title_that_cannot_be_shown_does_not_land() {
    let shop = Shop::with_shelves().await;
    let mut lines = Vec::new();
    for (key, title) in [("nul", "a\0b"), ("lines", "a\nb"), ("nothing", "\u{200b}"), ("private", "a\u{e000}")] {
        let mut line = lamp(key, "home-lamps", 900);
        line["title"] = json!(title);
        lines.push(line);
    }
    let reasons: Vec<String> = shop.stock(&lines).await.rejected.into_iter().map(|(_, reason)| reason).collect();
    assert_eq!(
        reasons,
        [
            "the title holds characters that cannot be shown: type it anew instead of pasting it",
            "the title has several lines: write it in one",
            "the title is empty",
            "the title holds characters that cannot be shown: type it anew instead of pasting it",
        ]
    );
}

#[tokio::test]
async fn nothing_is_priced_in_what_is_no_currency() {
    let shop = Shop::with_shelves().await;
    let mut line = lamp("lamp", "home-lamps", 900);
    line["variants"][0]["price"]["currency"] = json!("ZZZ");
    let rejected = shop.stock(&[line]).await.rejected;
    assert_eq!(rejected[0].1, "There is no currency ZZZ in use. Write the three capitals of one, such as USD.");
}
