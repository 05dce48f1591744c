//! Bad input gets a typed answer that says what to do; nothing is a 500, and nothing is lost.

use serde_json::{Value, json};
use system_tests::{MUG, Shop};

use system_tests::shopper::{CART_LINES_ADD, a_guest_with, a_key, a_new_user, add};

fn code(answer: &Value) -> &Value {
    &answer["errors"][0]["extensions"]["code"]
}

async fn add_lines(lines: Value) -> Value {
    let input = json!({"lines": lines, "idempotencyKey": a_key()});
    let client = Shop::shared().await.visitor();
    client.ask(CART_LINES_ADD, json!({"input": input, "country": "US"})).await["cartLinesAdd"].take()
}

#[tokio::test]
async fn an_unknown_product_is_null() {
    let client = Shop::shared().await.visitor();
    let data = client.ask("{ product(id: \"prod_no-such-thing\") { title } }", json!({})).await;
    assert_eq!(data, json!({"product": null}));
}

#[tokio::test]
async fn an_unknown_variant_is_named_by_its_place() {
    let payload = add_lines(json!([{"variantId": "var_no-such-thing", "quantity": 1}])).await;
    assert_eq!(payload["cart"], Value::Null);
    assert_eq!(payload["userErrors"][0]["code"], "NOT_FOUND");
    assert_eq!(payload["userErrors"][0]["path"], json!(["lines", "0", "variantId"]));
}

#[tokio::test]
async fn a_negative_quantity_is_refused_by_its_place() {
    let payload = add_lines(json!([{"variantId": MUG.variant(), "quantity": -3}])).await;
    assert_eq!(payload["userErrors"][0]["code"], "INVALID_INPUT");
    assert_eq!(payload["userErrors"][0]["path"], json!(["lines", "0", "quantity"]));
}

#[tokio::test]
async fn a_total_in_another_currency_buys_nothing() {
    let shopper = a_guest_with(Shop::shared().await, MUG, 1).await;
    let mut input = shopper.checkout_input();
    input["expectedTotal"]["currency"] = json!("EUR");
    let payload = shopper.submit(&input).await;
    assert_eq!(payload["checkout"], Value::Null);
    assert_eq!(payload["userErrors"][0]["code"], "CURRENCY_MISMATCH", "{payload}");
}

#[tokio::test]
async fn a_total_that_was_not_shown_is_not_charged() {
    let shopper = a_guest_with(Shop::shared().await, MUG, 1).await;
    let mut input = shopper.checkout_input();
    input["expectedTotal"]["minor"] = json!("1");
    let payload = shopper.submit(&input).await;
    assert_eq!(payload["userErrors"][0]["code"], "TOTAL_CHANGED", "{payload}");
}

#[tokio::test]
async fn a_lying_cart_token_sees_and_changes_nothing() {
    let shop = Shop::shared().await;
    let owner = a_guest_with(shop, MUG, 1).await;
    let id = owner.cart["id"].as_str().unwrap();
    for liar in [shop.visitor(), shop.visitor().with_cart_token("a guess"), a_new_user(shop).await] {
        let seen = liar.ask("query($id: ID!) { cart(id: $id) { id } }", json!({"id": id})).await;
        assert_eq!(seen["cart"], Value::Null);
        let payload = add(&liar, Some(id), MUG, 5).await;
        assert_eq!(payload["userErrors"][0]["code"], "NOT_FOUND", "{payload}");
    }
    let cart = owner.client.ask("query($id: ID!) { cart(id: $id) { lines { quantity } } }", json!({"id": id})).await;
    assert_eq!(cart["cart"]["lines"], json!([{"quantity": 1}]));
}

#[tokio::test]
async fn malformed_json_is_told_so() {
    let answer = Shop::shared().await.visitor().send_raw("{\"query\": ").await;
    assert_eq!((answer.status, code(&answer.body)), (400, &json!("BAD_REQUEST")), "{answer:?}");
}

#[tokio::test]
async fn a_body_of_ten_megabytes_is_refused() {
    let answer = Shop::shared().await.visitor().send_raw("x".repeat(10_000_000)).await;
    assert_eq!((answer.status, code(&answer.body)), (413, &json!("TOO_LARGE")), "{answer:?}");
}

#[tokio::test]
async fn a_forged_token_is_nobody() {
    let client = Shop::shared().await.visitor().with_access_token("eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1c2VyXzEifQ.");
    let answer = client.send("{ me { id } }", json!({})).await;
    assert_eq!(code(&answer.body), "UNAUTHENTICATED", "{answer:?}");
}

#[tokio::test]
async fn a_field_that_does_not_exist_is_named() {
    let answer = Shop::shared().await.visitor().send("{ prodct { id } }", json!({})).await;
    assert_eq!(code(&answer.body), "GRAPHQL_VALIDATION_FAILED", "{answer:?}");
    let said = answer.body["errors"][0]["message"].as_str().unwrap();
    assert!(said.contains("`prodct`") && said.contains("Did you mean `product`"), "{said}");
    // Only what is below is misspelt: nothing is said of the field around it.
    let answer = Shop::shared().await.visitor().send("{ categories { nme } }", json!({})).await;
    let errors = answer.body["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 1, "{answer:?}");
    assert!(errors[0]["message"].as_str().unwrap().contains("`nme` on the type `Category`"), "{answer:?}");
    assert_eq!(errors[0]["locations"], json!([{ "line": 1, "column": 16 }]), "{answer:?}");
}

#[tokio::test]
async fn a_value_that_no_scalar_takes_is_told_by_its_path_and_its_place_in_plain_words() {
    let submit = "mutation($input: CheckoutSubmitInput!) { checkoutSubmit(input: $input) { userErrors { code } } }";
    let mut asked = 0;
    for (total, path, example) in [
        (json!({ "minor": "12.34", "currency": "USD" }), "`$input.expectedTotal.minor`", "4995"),
        (json!({ "minor": "1", "currency": "usd" }), "`$input.expectedTotal.currency`", "USD"),
    ] {
        let address = json!({ "name": "Ada", "line1": "1 Main St", "city": "Springfield", "country": "US" });
        let input = json!({
            "cartId": "cart_1", "shippingAddress": address, "paymentToken": "tok_visa", "email": "ada@example.com",
            "idempotencyKey": "a", "expectedTotal": total,
        });
        let answer = Shop::shared().await.visitor().send(submit, json!({ "input": input })).await;
        let errors = answer.body["errors"].as_array().unwrap();
        let scalar = errors.iter().find(|error| error["message"].as_str().unwrap().contains(path));
        let scalar = scalar.unwrap_or_else(|| panic!("{answer:?}"));
        assert_eq!(scalar["extensions"]["code"], "BAD_USER_INPUT");
        assert_eq!(scalar["locations"], json!([{ "line": 1, "column": 10 }]));
        let said = scalar["message"].as_str().unwrap();
        assert!(said.contains(example) && said.ends_with('.') && !said.contains("parse"), "{said}");
        asked += 1;
    }
    assert_eq!(asked, 2);
}
