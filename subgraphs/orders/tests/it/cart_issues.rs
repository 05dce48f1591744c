//! What a cart says before it is paid for: what is running out, and what cannot be delivered.

use kit::messaging::Message;
use serde_json::{Value, json};

use crate::shop::{Shop, ada, example, product, submit, text};

async fn issues(shop: &Shop, cart: &str) -> Value {
    let query = format!(
        "{{ cart(id: \"{cart}\") {{ issues {{ code message available was {{ decimal }} now {{ decimal }} }} }} }}"
    );
    shop.ask_bare(&ada(), &query).await["data"]["cart"]["issues"].clone()
}

async fn left(shop: &Shop, cart: &str) -> Vec<Option<i64>> {
    let issues = issues(shop, cart).await;
    issues.as_array().expect("issues").iter().map(|issue| issue["available"].as_i64()).collect()
}

#[tokio::test]
async fn a_line_that_wants_more_than_there_is_says_how_much_is_left() {
    let shop = Shop::open().await;
    let cart = shop.cart_with(&ada(), &[("a", 3), ("b", 3)]).await;
    assert_eq!(issues(&shop, &cart).await, json!([]), "of what nothing is known, nothing is missing");
    shop.stock(&[("a", 2, 1), ("b", 0, 1)]).await;
    shop.offer(2, &[product("a", 1_200)]).await;
    insta::assert_json_snapshot!(issues(&shop, &cart).await, @r#"
    [
      {
        "available": null,
        "code": "PRICE_CHANGED",
        "message": "Thing a costs 12.00 USD now, not 10.00 USD.",
        "now": {
          "decimal": "12.00"
        },
        "was": {
          "decimal": "10.00"
        }
      },
      {
        "available": 2,
        "code": "LOW_STOCK",
        "message": "Only 2 of Thing a are left.",
        "now": null,
        "was": null
      },
      {
        "available": 0,
        "code": "OUT_OF_STOCK",
        "message": "Thing b is sold out.",
        "now": null,
        "was": null
      }
    ]
    "#);
    shop.stock(&[("a", 3, 2), ("b", 800, 2)]).await;
    shop.offer(3, &[product("a", 1_000)]).await;
    assert_eq!(issues(&shop, &cart).await, json!([]));
}

#[tokio::test]
async fn older_news_of_the_stock_never_overwrite_newer() {
    let shop = Shop::open().await;
    let cart = shop.cart_with(&ada(), &[("a", 9)]).await;
    shop.stock(&[("a", 5, 7)]).await;
    for (free, version) in [(1, 6), (2, 7)] {
        shop.stock(&[("a", free, version)]).await;
        assert_eq!(left(&shop, &cart).await, [Some(5)], "version {version}");
    }
    shop.stock(&[("a", 4, 9), ("a", 3, 8)]).await;
    assert_eq!(left(&shop, &cart).await, [Some(4)], "of two in one message the newer counts");
}

#[tokio::test]
async fn the_inventory_s_own_example_is_understood() {
    let shop = Shop::open().await;
    let offers = example("catalog.products_changed.v1");
    shop.catalog(&Message::new("catalog.products_changed.v1", "catalog", &offers).expect("plain data")).await;
    let cart = shop.cart_with(&ada(), &[("rug-l", 5)]).await;
    let told = Message::new("stock.changed.v1", "stock", &example("stock.changed.v1")).expect("plain data");
    for _ in 0..2 {
        shop.stock_changed(&told).await;
        assert_eq!(left(&shop, &cart).await, [Some(3)]);
    }
}

#[tokio::test]
async fn hundreds_of_levels_cost_as_many_statements_as_one() {
    let shop = Shop::open().await;
    let keys: Vec<String> = (0..300).map(|index| format!("p{index}")).collect();
    let levels: Vec<(&str, i64, i64)> = keys.iter().map(|key| (key.as_str(), 1, 1)).collect();
    let mut counts = vec![];
    for levels in [&levels[..1], &levels[..]] {
        let before = shop.db.statements();
        shop.stock(levels).await;
        counts.push(shop.db.statements() - before);
    }
    assert_eq!(counts[0], counts[1]);
}

#[tokio::test]
async fn a_cart_in_checkout_does_not_miss_the_units_that_it_holds() {
    let shop = Shop::open().await;
    let cart = shop.cart_with(&ada(), &[("a", 2)]).await;
    let bought = shop.ask_bare(&ada(), &submit(&cart, 1, 2_500, "k", "checkout { id }")).await;
    let order = shop.order_of(&text(&bought, "/data/checkoutSubmit/checkout/id")).await;
    shop.stock(&[("a", 0, 1)]).await;
    let query = format!("{{ cart(id: \"{cart}\") {{ state reservedUntil issues {{ code }} }} }}");
    let until = async || shop.ask_bare(&ada(), &query).await["data"]["cart"].clone();
    assert_eq!(until().await, json!({"state": "CHECKING_OUT", "reservedUntil": null, "issues": []}));
    shop.hear(&order, "stock.reserved.v1").await;
    let held = json!({"state": "CHECKING_OUT", "reservedUntil": "2026-01-05T12:30:00+00:00", "issues": []});
    assert_eq!(until().await, held);
    shop.hear(&order, "payment.declined.v1").await;
    shop.hear(&order, "payment.voided.v1").await;
    shop.hear(&order, "stock.released.v1").await;
    let open = json!({"state": "OPEN", "reservedUntil": null, "issues": [{"code": "OUT_OF_STOCK"}]});
    assert_eq!(until().await, open);
}
