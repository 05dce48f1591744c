use crate::shop::Shop;

#[tokio::test]
async fn a_model_code_is_found_as_a_whole_and_by_its_parts() {
    let shop = Shop::open().await;
    for query in ["dv7-1211ea", "DV7 1211EA", "dv71211ea", "dv7", "1211ea", "1211", "hp dv7-1211ea"] {
        assert_eq!(shop.found(query).await.first().map(String::as_str), Some("pavilion"), "{query}");
    }
    for query in ["wh-1000xm4", "WH1000XM4", "1000xm4", "WH 1000 XM 4"] {
        assert_eq!(shop.found(query).await, ["headphones"], "{query}");
    }
}

#[tokio::test]
async fn an_article_number_finds_its_product_alone_first() {
    let shop = Shop::open().await;
    for query in ["SKU-headset", "sku headset", "skuheadset"] {
        assert_eq!(shop.found(query).await.first().map(String::as_str), Some("headset"), "{query}");
    }
}

#[tokio::test]
async fn a_trade_number_is_found_as_it_is_printed() {
    let shop = Shop::empty().await;
    let mut product = crate::shop::product("a", "A thing", "", &["Things"], 100, "2020-01-01");
    product["variants"][0]["gtin"] = "0884420588030".into();
    shop.tell(&[product]).await;
    assert_eq!(shop.found("0884420588030").await, ["a"]);
    assert_eq!(shop.found("0884420 588030").await, ["a"]);
}

/// What the catalog sends, and not what this test would like it to send.
#[tokio::test]
async fn the_trade_number_of_the_catalogs_own_message_finds_its_product() {
    let message = include_str!("../../../../docs/messages/catalog.products_changed.v1.json");
    let body: serde_json::Value = serde_json::from_str(message).expect("the example is JSON");
    let products = body["products"].as_array().expect("products");
    let gtin = products[0]["variants"][0]["gtin"].as_str().expect("the example's first variant has a trade number");
    let shop = Shop::empty().await;
    shop.tell(products).await;
    assert_eq!(shop.found(gtin).await, ["rug"]);
}

#[tokio::test]
async fn words_are_found_in_any_form() {
    let shop = Shop::open().await;
    for query in ["cafe", "CAFÉ", "cables", "usb3", "USB 3", "16 gb", "16gb"] {
        assert!(shop.found(query).await.contains(&"cable".to_owned()), "{query}");
    }
}

#[tokio::test]
async fn a_feature_finds_only_what_has_it() {
    let shop = Shop::open().await;
    let mut found = shop.found("bluetooth").await;
    found.sort_unstable();
    assert_eq!(found, ["headset", "pavilion"]);
}
