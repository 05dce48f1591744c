use async_graphql::{Request, Variables};
use kit::testing::doors::{doors, nothing_hostile_is_kept, walk};
use kit::testing::{execute, rows};
use serde_json::{Value, json};

use crate::shop::{Shop, ada, submit, uuid};

/// As `submit` writes it.
const US: &str = "region: \"IL\", postalCode: \"62701\", country: \"US\"";

impl Shop {
    async fn ask_with(&self, document: &str, variables: Value) -> Value {
        let request = Request::new(document).variables(Variables::from_json(variables));
        let request = orders::attach_loaders(&self.store, request, &ada()).data(ada()).data(self.verifier.clone());
        execute(&self.schema, request).await
    }
}

#[tokio::test]
async fn no_hostile_text_breaks_anything_or_is_kept() {
    let shop = Shop::open().await;
    let cart = shop.cart_with(&ada(), &[("a", 2)]).await;
    let (_, order) = shop.checkout_of(&ada()).await;
    let sample = |path: &str| {
        let (_, field) = path.rsplit_once('.')?;
        Some(match field {
            "cartId" => json!(cart),
            "variantId" => json!("var_a"),
            "orderId" => json!(order),
            "name" => json!("Ada Lovelace"),
            "line1" => json!("1 Main Street"),
            "city" => json!("Springfield"),
            "region" => json!("IL"),
            "postalCode" => json!("62701"),
            "country" => json!("US"),
            "email" => json!("ada@example.com"),
            "method" | "shippingMethod" => json!("standard"),
            "paymentMethodToken" => json!("pm_card_visa"),
            "cartVersion" => json!(1),
            "minor" => json!("2500"),
            "currency" => json!("USD"),
            "asOf" => Value::Null,
            "after" => Value::Null,
            _ => return None,
        })
    };
    let nested = [
        (
            "Cart.deliveryOptions.country",
            "query ($id: ID!, $text: String!) { cart(id: $id) { deliveryOptions(country: $text) { method } } }",
            json!({ "id": cart, "text": "" }),
        ),
        (
            "Order.events.after",
            "query ($id: ID!, $text: String) { order(id: $id) { events(after: $text) { nodes { id } } } }",
            json!({ "id": order, "text": "" }),
        ),
    ];
    let doors = doors(&shop.schema, &sample, &nested).await;
    assert!(doors.len() >= 30, "{} doors", doors.len());
    let tried = walk(&doors, async |document, variables| shop.ask_with(document, variables).await).await;
    assert!(tried >= 30 * 72, "{tried} texts");
    nothing_hostile_is_kept(&shop.db).await;
}

#[tokio::test]
async fn a_checkout_checks_the_address_as_the_address_book_does() {
    let shop = Shop::open().await;
    let cart = shop.cart_with(&ada(), &[("a", 2)]).await;
    let good = submit(&cart, 1, 2_500, "k", "checkout { id }");
    let flaws = async |region: &str, postal_code: &str, country: &str| {
        let address = format!("region: {region} postalCode: {postal_code} country: \"{country}\"");
        let query = good.replace(US, &address).replace("ada@example.com", "ada");
        let answer = shop.ask(&ada(), &query).await;
        assert_eq!(answer["data"]["checkoutSubmit"]["checkout"], json!(null), "{answer}");
        let errors = answer["data"]["checkoutSubmit"]["userErrors"].as_array().expect("errors").clone();
        errors.iter().map(|error| error["path"].to_string()).collect::<Vec<_>>().join(" ")
    };
    let address = |field: &str| format!("[\"shippingAddress\",\"{field}\"]");
    let both = format!("{} {} [\"email\"]", address("region"), address("postalCode"));
    assert_eq!(flaws("null", "null", "US").await, both, "all faults at once");
    assert_eq!(flaws("\"ZZ\"", "\"ABC\"", "US").await, both);
    assert_eq!(flaws("\"IL\"", "\"ABC\"", "us").await, format!("{} [\"email\"]", address("postalCode")));
    assert_eq!(flaws("null", "null", "GB").await, format!("{} [\"email\"]", address("postalCode")));
    assert_eq!(flaws("null", "null", "XX").await, format!("{} [\"email\"]", address("country")));
    assert_eq!(shop.sent_kinds().await, [""; 0], "nothing is charged");
}

#[tokio::test]
async fn an_order_keeps_its_address_as_the_country_writes_it() {
    let shop = Shop::open().await;
    let cart = shop.cart_with(&ada(), &[("a", 2)]).await;
    let query = submit(&cart, 1, 2_500, &uuid(), "checkout { id }")
        .replace(US, "region: \"illinois\" postalCode: \"٦٢٧٠١ 1234\" country: \"us\"")
        .replace("ada@example.com", "ada@bücher.example");
    let answer = shop.ask_bare(&ada(), &query).await;
    assert_eq!(answer["data"]["checkoutSubmit"]["userErrors"], json!([]), "{answer}");
    let orders = rows(&shop.db).await.into_iter().filter(|row| row.contains("1 Main St")).collect::<Vec<_>>();
    assert!(!orders.is_empty());
    for order in orders {
        let kept = ["62701-1234", "IL", "US", "ada@xn--bcher-kva.example"].iter().all(|part| order.contains(part));
        assert!(kept && !order.contains("illinois"), "{order}");
    }
}

#[tokio::test]
async fn a_country_is_known_in_small_letters() {
    let shop = Shop::open().await;
    let cart = shop.cart_with(&ada(), &[("a", 2)]).await;
    let ask = format!(
        "{{ cart(id: \"{cart}\") {{ small: deliveryOptions(country: \"us\") {{ method }} large: deliveryOptions(country: \"US\") {{ method }} }} }}"
    );
    let answer = shop.ask(&ada(), &ask).await;
    assert_eq!(answer["data"]["cart"]["small"], answer["data"]["cart"]["large"]);
    assert_eq!(answer["data"]["cart"]["small"].as_array().map(Vec::len), Some(2));
    let nowhere = shop.ask(&ada(), &ask.replace("\"us\"", "\"xx\"")).await;
    assert_eq!(nowhere["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
}
