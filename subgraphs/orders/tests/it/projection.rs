use kit::messaging::Message;
use serde_json::{Value, json};

use crate::shop::{Shop, ada, example, merged, product};

async fn price(shop: &Shop, key: &str) -> Value {
    shop.sql("DELETE FROM cart").await;
    let query = format!(
        r#"mutation {{ cartLinesAdd(input: {{lines: [{{variantId: "var_{key}"}}], idempotencyKey: "{}"}})
            {{ cart {{ lines {{ unit {{ decimal }} }} }} userErrors {{ code }} }} }}"#,
        crate::shop::uuid()
    );
    let answer = shop.ask(&ada(), &query).await;
    let payload = &answer["data"]["cartLinesAdd"];
    let unit = payload.pointer("/userErrors/0/code").or(payload.pointer("/cart/lines/0/unit/decimal"));
    unit.unwrap_or_else(|| panic!("{answer}")).clone()
}

#[tokio::test]
async fn the_newest_version_of_a_product_stays_in_whatever_order_they_come() {
    let shop = Shop::open().await;
    shop.offer(3, &[product("a", 1_300)]).await;
    shop.offer(2, &[product("a", 1_200)]).await;
    assert_eq!(price(&shop, "a").await, "13.00");
    let removed = merged(&product("a", 0), &json!({ "removed": true, "variants": [] }));
    shop.offer(5, &[removed]).await;
    shop.offer(4, &[product("a", 1_400)]).await;
    assert_eq!(price(&shop, "a").await, "NOT_FOUND");
    shop.offer(6, &[product("a", 1_600)]).await;
    assert_eq!(price(&shop, "a").await, "16.00");
}

#[tokio::test]
async fn a_variant_that_its_product_offers_no_more_is_not_for_sale() {
    let shop = Shop::open().await;
    let mut product = product("a", 1_000);
    product["variants"][0]["id"] = "var_a2".into();
    shop.offer(2, &[product]).await;
    assert_eq!(price(&shop, "a").await, "NOT_FOUND");
    assert_eq!(price(&shop, "a2").await, "10.00");
}

#[tokio::test]
async fn the_catalog_s_own_example_can_be_sold() {
    let shop = Shop::open().await;
    let body = example("catalog.products_changed.v1");
    shop.catalog(&Message::new("catalog.products_changed.v1", "catalog", &body).expect("plain data")).await;
    assert_eq!(price(&shop, "rug-s").await, "49.95");
}

#[tokio::test]
async fn two_hundred_products_cost_as_many_statements_as_one() {
    let shop = Shop::open().await;
    let mut counts = vec![];
    for products in [vec![product("one", 1)], (0..200).map(|index| product(&format!("n{index}"), 1)).collect()] {
        let before = shop.db.statements();
        shop.offer(1, &products).await;
        counts.push(shop.db.statements() - before);
    }
    assert_eq!(counts[0], counts[1]);
}

#[tokio::test]
async fn shipping_s_own_example_prices_delivery_and_an_older_table_changes_nothing() {
    let shop = Shop::open().await;
    let cart = shop.cart_with(&ada(), &[("a", 1)]).await;
    let query =
        format!("{{ cart(id: \"{cart}\") {{ deliveryOptions(country: \"US\") {{ name price {{ decimal }} }} }} }}");
    let ours = shop.ask(&ada(), &query).await;
    let mut body = example("shipping.rates_changed.v1");
    shop.shipping(&body).await;
    assert_eq!(shop.ask(&ada(), &query).await, ours, "the example is version 1, and so is ours");
    body["version"] = 2.into();
    shop.shipping(&body).await;
    let options = shop.ask(&ada(), &query).await["data"]["cart"]["deliveryOptions"].clone();
    assert_eq!(options, json!([{ "name": "Standard", "price": { "decimal": "4.95" } }]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_versions_that_replicas_take_in_at_the_same_time_the_newer_stays() {
    let shop = Shop::open().await;
    for round in 0..30 {
        let key = format!("new{round}");
        let news: Vec<Message> = [(1, 1_100), (2, 1_200), (3, 1_300)]
            .into_iter()
            .map(|(version, price)| {
                let products = [merged(&product(&key, price), &json!({ "version": version }))];
                let body = json!({ "products": products });
                Message::new("catalog.products_changed.v1", "catalog", &body).expect("plain data")
            })
            .collect();
        let taking: Vec<_> = news
            .into_iter()
            .map(|message| {
                let events = orders::CatalogEvents::new(shop.store.clone());
                tokio::spawn(async move { kit::messaging::MessageHandler::handle(&events, &message).await })
            })
            .collect();
        for taken in taking {
            taken.await.expect("it lives").expect("taken in");
        }
        assert_eq!(price(&shop, &key).await, "13.00", "round {round}");
    }
}
