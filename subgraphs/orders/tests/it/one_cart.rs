//! Carts do not fork: whoever names none fills the one that they have, and a secret is one that we gave out.

use chrono::TimeDelta;
use futures::future::join_all;
use kit::Viewer;
use serde_json::{Value, json};

use crate::shop::{Shop, ada, submit, text, uuid};

fn add(variant: &str, key: &str) -> String {
    format!(
        "mutation {{ cartLinesAdd(input: {{lines: [{{variantId: \"{variant}\"}}], idempotencyKey: \"{key}\"}})
            {{ cart {{ id lines {{ sku quantity }} }} cartToken userErrors {{ __typename code path message }} }} }}"
    )
}

async fn added(shop: &Shop, viewer: &Viewer, query: &str) -> Value {
    shop.ask_bare(viewer, query).await["data"]["cartLinesAdd"].clone()
}

#[tokio::test]
async fn who_names_no_cart_fills_the_one_that_is_open() {
    let shop = Shop::open().await;
    let (guest, _) = shop.guest_with(&[("b", 1)]).await;
    for viewer in [ada(), guest] {
        let first = added(&shop, &viewer, &add("var_a", &uuid())).await;
        let second = added(&shop, &viewer, &add("var_a", &uuid())).await;
        assert_eq!(first["cart"]["id"], second["cart"]["id"], "{viewer:?}");
        assert_eq!(
            second["cart"]["lines"].as_array().and_then(|lines| lines.last()),
            Some(&json!({"sku": "A", "quantity": 2}))
        );
        assert_eq!(second["cartToken"], Value::Null);
    }
}

#[tokio::test]
async fn many_first_adds_at_once_make_one_cart() {
    let shop = &Shop::open().await;
    let carts = join_all((0..8).map(async |_| added(shop, &ada(), &add("var_a", &uuid())).await)).await;
    assert!(
        carts.iter().all(|one| one["cart"]["id"] == carts[0]["cart"]["id"] && one["cart"] != Value::Null),
        "{carts:#?}"
    );
    let current = shop.ask(&ada(), "{ currentCart { lines { quantity } } }").await;
    assert_eq!(current["data"]["currentCart"]["lines"], json!([{"quantity": 8}]), "and lose no unit");
}

#[tokio::test]
async fn a_double_click_of_somebody_unknown_is_one_cart_and_one_secret() {
    let shop = &Shop::open().await;
    let query = &add("var_a", &uuid());
    let clicks = join_all((0..10).map(async |_| added(shop, &Viewer::anonymous(), query).await)).await;
    assert!(clicks.iter().all(|one| one == &clicks[0]), "{clicks:#?}");
    assert_eq!(clicks[0]["cart"]["lines"], json!([{"sku": "A", "quantity": 1}]));
    let secret = text(&clicks[0], "/cartToken");
    let guest = Viewer::guest(&secret);
    let with_the_secret = added(shop, &guest, query).await;
    assert_eq!(with_the_secret["cart"], clicks[0]["cart"], "the same request lands once, with the secret too");
    let current = shop.ask_bare(&guest, "{ currentCart { id } }").await;
    assert_eq!(current["data"]["currentCart"]["id"], clicks[0]["cart"]["id"]);
    let rows = kit::testing::rows(&shop.db).await;
    assert!(rows.iter().all(|row| !row.contains(&secret)), "the secret is not kept");
}

#[tokio::test]
async fn the_key_of_somebody_unknown_is_theirs_for_one_request_and_an_hour() {
    let shop = Shop::open().await;
    let (nobody, key) = (Viewer::anonymous(), uuid());
    let first = added(&shop, &nobody, &add("var_a", &key)).await;
    let other = added(&shop, &nobody, &add("var_b", &key)).await;
    assert_eq!(
        (&other["cartToken"], &other["userErrors"][0]["__typename"]),
        (&Value::Null, &json!("IdempotencyMismatch"))
    );
    shop.clock.advance(TimeDelta::minutes(61));
    let later = added(&shop, &nobody, &add("var_a", &key)).await;
    assert_ne!(later["cart"]["id"], first["cart"]["id"]);
    assert_ne!(later["cartToken"], first["cartToken"]);
}

#[tokio::test]
async fn a_secret_is_not_told_again_once_its_cart_is_being_bought() {
    let shop = Shop::open().await;
    let query = add("var_a", &uuid()).replace("variantId: \"var_a\"", "variantId: \"var_a\", quantity: 2");
    let first = added(&shop, &Viewer::anonymous(), &query).await;
    let guest = Viewer::guest(&text(&first, "/cartToken"));
    let begun = shop.ask_bare(&guest, &submit(&text(&first, "/cart/id"), 1, 2_500, &uuid(), "checkout { id }")).await;
    assert!(begun["data"]["checkoutSubmit"]["checkout"]["id"].is_string(), "{begun}");
    let again = added(&shop, &Viewer::anonymous(), &query).await;
    assert_eq!((&again["cartToken"], &again["userErrors"][0]["code"]), (&Value::Null, &json!("NOT_FOUND")));
}

#[tokio::test]
async fn a_key_that_anybody_may_come_upon_is_no_way_to_a_secret() {
    let shop = Shop::open().await;
    for key in [
        "1",
        "cart-1796052838092",
        "add-to-cart-0001",
        "0123456789abcdef",
        "00000000-0000-0000-0000-000000000001",
        "11111111-1111-4111-8111-111111111111",
    ] {
        let refused = added(&shop, &Viewer::anonymous(), &add("var_a", key)).await;
        assert_eq!(
            (&refused["cartToken"], &refused["userErrors"][0]["path"]),
            (&Value::Null, &json!(["idempotencyKey"])),
            "{key}"
        );
        let known = added(&shop, &ada(), &add("var_a", key)).await;
        assert_eq!(known["userErrors"], json!([]), "who is signed in may number theirs: {key}");
    }
}

#[tokio::test]
async fn a_made_up_secret_is_nobody_s_and_a_new_one_is_given() {
    let shop = Shop::open().await;
    let mut given = vec![];
    for made_up in ["1", "a lie", &"x".repeat(43)] {
        let answer = added(&shop, &Viewer::guest(made_up), &add("var_a", &uuid())).await;
        let secret = text(&answer, "/cartToken");
        assert_ne!(secret, made_up);
        let cart = text(&answer, "/cart/id");
        let query = format!("{{ cart(id: \"{cart}\") {{ id }} currentCart {{ id }} }}");
        let seen = shop.ask_bare(&Viewer::guest(made_up), &query).await;
        assert_eq!(seen["data"], json!({"cart": null, "currentCart": null}), "{made_up}");
        assert_eq!(shop.ask_bare(&Viewer::guest(&secret), &query).await["data"]["cart"]["id"], json!(cart));
        given.push(secret);
    }
    given.sort();
    given.dedup();
    assert_eq!(given.len(), 3);
}

#[tokio::test]
async fn a_refusal_shows_the_cart_that_the_viewer_has() {
    let shop = Shop::open().await;
    let cart = shop.cart_with(&ada(), &[("a", 10)]).await;
    let line = &shop.lines_of(&ada(), &cart).await[0];
    let (beside, key) = ("cart { id } userErrors { __typename }", uuid());
    let asked = [
        format!("cartLinesAdd(input: {{lines: [{{variantId: \"var_a\"}}], idempotencyKey: \"{key}\"}})"),
        format!(
            "cartLinesAdd(input: {{cartId: \"cart_1\", lines: [{{variantId: \"var_a\"}}], idempotencyKey: \"{key}\"}})"
        ),
        format!("cartLinesAdd(input: {{lines: [{{variantId: \"no id\"}}], idempotencyKey: \"{key}\"}})"),
        format!(
            "cartLinesUpdate(input: {{cartId: \"{cart}\", version: 9, lines: [{{lineId: \"{line}\", quantity: 1}}], idempotencyKey: \"{key}\"}})"
        ),
        format!(
            "cartLinesUpdate(input: {{cartId: \"{cart}\", lines: [{{lineId: \"{line}\", quantity: 500}}], idempotencyKey: \"{key}\"}})"
        ),
        format!("cartDeliverySelect(input: {{cartId: \"{cart}\", country: \"US\", method: \"drone\"}})"),
    ];
    let mut kinds = vec![];
    for one in asked {
        let answer = shop.ask_bare(&ada(), &format!("mutation {{ refused: {one} {{ {beside} }} }}")).await;
        assert_eq!(answer["data"]["refused"]["cart"]["id"], json!(cart), "{one}: {answer}");
        kinds.push(text(&answer, "/data/refused/userErrors/0/__typename"));
    }
    assert_eq!(
        kinds,
        ["QuantityLimit", "NotFound", "InvalidInput", "VersionConflict", "QuantityLimit", "ShippingRefused"]
    );
    let bought = shop.ask_bare(&ada(), &crate::shop::submit(&cart, 7, 1, &uuid(), "checkout { id } cart { id }")).await;
    let payload = &bought["data"]["checkoutSubmit"];
    assert_eq!(
        (&payload["cart"]["id"], &payload["userErrors"][0]["__typename"]),
        (&json!(cart), &json!("VersionConflict"))
    );
}

#[tokio::test]
async fn one_order_takes_ten_of_a_thing_at_most_and_says_so() {
    let shop = Shop::open().await;
    let cart = shop.cart_with(&ada(), &[("a", 9)]).await;
    let line = &shop.lines_of(&ada(), &cart).await[0];
    let limit = "userErrors { code path message ... on QuantityLimit { most } }";
    let told = |path: Value| json!([{"code": "QUANTITY_LIMIT", "path": path, "message": "Thing a: one order takes 10 at most.", "most": 10}]);
    for (units, path) in [("2", json!(["lines", "0", "quantity"])), ("500", json!(["lines", "0", "quantity"]))] {
        let query = format!(
            "mutation {{ cartLinesAdd(input: {{cartId: \"{cart}\", lines: [{{variantId: \"var_a\", quantity: {units}}}], idempotencyKey: \"k\"}}) {{ {limit} }} }}"
        );
        assert_eq!(shop.ask(&ada(), &query).await["data"]["cartLinesAdd"]["userErrors"], told(path));
    }
    let query = format!(
        "mutation {{ cartLinesUpdate(input: {{cartId: \"{cart}\", lines: [{{lineId: \"{line}\", quantity: 11}}], idempotencyKey: \"k\"}}) {{ {limit} }} }}"
    );
    assert_eq!(
        shop.ask(&ada(), &query).await["data"]["cartLinesUpdate"]["userErrors"],
        told(json!(["lines", "0", "quantity"]))
    );
    // A cart that was filled before there was a limit.
    shop.sql("UPDATE cart_line SET quantity = 500").await;
    let bought = shop.ask_bare(&ada(), &crate::shop::submit(&cart, 1, 500_900, "k", "checkout { id }")).await;
    assert_eq!(bought["data"]["checkoutSubmit"]["userErrors"][0]["code"], "QUANTITY_LIMIT", "{bought}");
}

#[tokio::test]
async fn a_checkout_that_runs_is_called_off_by_who_began_it() {
    let shop = Shop::open().await;
    let (checkout, order) = shop.checkout_of(&ada()).await;
    let off = format!(
        "mutation {{ checkoutCancel(input: {{checkoutId: \"{checkout}\", idempotencyKey: \"k\"}})
            {{ checkout {{ state }} userErrors {{ __typename path }} }} }}"
    );
    for stranger in [Viewer::anonymous(), Viewer::guest("a lie"), Viewer::user("user_bob")] {
        let refused = shop.ask(&stranger, &off).await["data"]["checkoutCancel"].clone();
        assert_eq!(
            refused,
            json!({"checkout": null, "userErrors": [{"__typename": "NotFound", "path": ["checkoutId"]}]})
        );
    }
    let begun = json!({"checkout": {"state": "COMPENSATING"}, "userErrors": []});
    assert_eq!(shop.ask(&ada(), &off).await["data"]["checkoutCancel"], begun);
    assert_eq!(shop.ask(&ada(), &off).await["data"]["checkoutCancel"], begun, "the same request again");
    shop.hear(&order, "stock.released.v1").await;
    let other = off.replace("\"k\"", "\"k2\"");
    let late = shop.ask(&ada(), &other).await["data"]["checkoutCancel"].clone();
    assert_eq!(
        late,
        json!({"checkout": {"state": "FAILED"}, "userErrors": [{"__typename": "NotCancellable", "path": ["checkoutId"]}]})
    );
}
