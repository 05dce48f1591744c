//! Changes of one cart at once: each lands on its own line.

use futures::future::join_all;
use serde_json::{Value, json};

use crate::shop::{Shop, ada, product, uuid};

fn set(cart: &str, version: &str, lines: &[(&str, i32)]) -> String {
    let lines: Vec<String> =
        lines.iter().map(|(line, quantity)| format!("{{lineId: \"{line}\", quantity: {quantity}}}")).collect();
    format!(
        "mutation {{ cartLinesUpdate(input: {{cartId: \"{cart}\", {version} lines: [{}], idempotencyKey: \"{}\"}})
            {{ cart {{ version lines {{ sku quantity }} }} userErrors {{ code path }} }} }}",
        lines.join(", "),
        uuid()
    )
}

async fn lines(shop: &Shop, cart: &str) -> Value {
    let query = format!("{{ cart(id: \"{cart}\") {{ version lines {{ sku quantity }} }} }}");
    shop.ask_bare(&ada(), &query).await["data"]["cart"].clone()
}

#[tokio::test]
async fn adds_of_different_things_at_once_all_land() {
    let shop = Shop::open().await;
    let products: Vec<Value> = (0..9).map(|index| product(&format!("p{index:02}"), 100)).collect();
    shop.offer(1, &products).await;
    let cart = shop.cart_with(&ada(), &[("b", 1)]).await;
    let (shop, cart) = (&shop, &cart);
    let adds = (0..9).map(|index| async move {
        let add = format!(
            r#"mutation {{ cartLinesAdd(input: {{cartId: "{cart}", idempotencyKey: "{index}",
                lines: [{{variantId: "var_p{index:02}"}}, {{variantId: "var_b"}}]}}) {{ userErrors {{ code }} }} }}"#
        );
        shop.ask_bare(&ada(), &add).await["data"]["cartLinesAdd"]["userErrors"].clone()
    });
    for errors in join_all(adds).await {
        assert_eq!(errors, json!([]));
    }
    let cart = lines(shop, cart).await;
    let found: Vec<&Value> = cart["lines"].as_array().expect("lines").iter().collect();
    assert_eq!((found.len(), found[0], &cart["version"]), (10, &json!({"sku": "B", "quantity": 10}), &json!(10)));
}

#[tokio::test]
async fn lines_are_set_at_once_whatever_happens_to_others() {
    let shop = Shop::open().await;
    let cart = shop.cart_with(&ada(), &[("a", 1), ("b", 1)]).await;
    let ids = shop.lines_of(&ada(), &cart).await;
    let (shop, cart, ids) = (&shop, &cart, &ids);
    let sets = (0..16).map(|index| async move {
        let (line, quantity) = if index % 2 == 0 { (&ids[0], 7) } else { (&ids[1], 9) };
        shop.ask_bare(&ada(), &set(cart, "", &[(line, quantity)])).await["data"]["cartLinesUpdate"]["userErrors"]
            .clone()
    });
    for errors in join_all(sets).await {
        assert_eq!(errors, json!([]));
    }
    let both = json!([{"sku": "A", "quantity": 7}, {"sku": "B", "quantity": 9}]);
    assert_eq!(lines(shop, cart).await["lines"], both);
}

#[tokio::test]
async fn taking_out_what_is_gone_is_done_and_setting_it_is_not() {
    let shop = Shop::open().await;
    let cart = shop.cart_with(&ada(), &[("a", 1), ("b", 1)]).await;
    let ids = shop.lines_of(&ada(), &cart).await;
    let (a, b) = (ids[0].as_str(), ids[1].as_str());
    let change = async |lines: &[(&str, i32)]| {
        shop.ask_bare(&ada(), &set(&cart, "", lines)).await["data"]["cartLinesUpdate"].clone()
    };
    let b_of = |quantity: i32| json!([{"sku": "B", "quantity": quantity}]);
    assert_eq!(change(&[(a, 0)]).await["cart"], json!({"version": 2, "lines": b_of(1)}));
    assert_eq!(change(&[(a, 0)]).await["cart"], json!({"version": 2, "lines": b_of(1)}));
    assert_eq!(change(&[(a, 0), (b, 5)]).await["cart"], json!({"version": 3, "lines": b_of(5)}));
    let refused = json!([{"code": "NOT_FOUND", "path": ["lines", "1", "lineId"]}]);
    let kept = json!({"version": 3, "lines": b_of(5)});
    let answer = change(&[(b, 6), (a, 2)]).await;
    assert_eq!(answer, json!({"cart": kept, "userErrors": refused}), "of a refused change nothing lands");
}

#[tokio::test]
async fn of_two_changes_that_name_one_version_one_lands() {
    let shop = Shop::open().await;
    let cart = shop.cart_with(&ada(), &[("a", 1), ("b", 1)]).await;
    let ids = shop.lines_of(&ada(), &cart).await;
    let (shop, cart) = (&shop, &cart);
    let sets = ids.iter().map(|line| async move {
        shop.ask_bare(&ada(), &set(cart, "version: 1,", &[(line, 3)])).await["data"]["cartLinesUpdate"]["userErrors"].clone()
    });
    let errors = join_all(sets).await;
    assert_eq!(errors.iter().filter(|errors| **errors == json!([])).count(), 1, "{errors:?}");
    let conflict = json!([{"code": "VERSION_CONFLICT", "path": ["version"]}]);
    assert!(errors.contains(&conflict), "{errors:?}");
}
