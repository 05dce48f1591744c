//! What is secret or personal goes to whom it belongs, and nowhere else.

use std::path::Path;

use serde_json::{Value, json};
use system_tests::shopper::{CART_LINES_ADD, CHECKOUT_SUBMIT, a_key};
use system_tests::{Client, MUG, Premises, Shop};

const SUBGRAPHS: [&str; 8] = ["users", "catalog", "inventory", "search", "orders", "payments", "reviews", "shipping"];
/// Each round plants ten.
const ROUNDS: usize = 100;

/// Markers that stand for what people type, each in one place alone.
struct Markers {
    round: usize,
    planted: Vec<String>,
}

impl Markers {
    fn plant(&mut self, place: &str) -> String {
        let marker = format!("zq{place}x{:04}w", self.round);
        self.planted.push(marker.clone());
        marker
    }
}

/// Everything that a shop wrote into its logs, and what its processes tell of themselves.
async fn written(shop: &Shop, data: &Path) -> String {
    let mut all = String::new();
    let logs = std::fs::read_dir(data.join("logs")).expect("the shop writes logs");
    for log in logs {
        let bytes = std::fs::read(log.expect("an entry").path()).expect("a readable log");
        all.push_str(&String::from_utf8_lossy(&bytes));
    }
    for subgraph in SUBGRAPHS {
        all.push_str(&Client::new(shop.address(subgraph)).get("/metrics").await);
    }
    all
}

/// What one shopper types, good and bad.
async fn type_it_all(shop: &Shop, markers: &mut Markers) -> Vec<Value> {
    let email = format!("{}@example.com", markers.plant("mail"));
    let password = markers.plant("password");
    let register = "mutation($input: UserRegisterInput!) { userRegister(input: $input) { userErrors { message } } }";
    let login = "mutation($input: UserLoginInput!) { userLogin(input: $input) { userErrors { message } } }";
    let credentials = json!({"email": email, "password": password});
    let guest = shop.visitor();
    let lines = json!([{"variantId": MUG.variant(), "quantity": 1}]);
    let added =
        guest.ask(CART_LINES_ADD, json!({"input": {"lines": lines, "idempotencyKey": a_key()}, "country": "US"})).await;
    let cart = &added["cartLinesAdd"];
    let secret = cart["cartToken"].as_str().expect("a guest gets a secret").to_owned();
    markers.planted.push(secret.clone());
    let total = &cart["cart"]["deliveryOptions"][0]["total"];
    let submit = json!({"input": {
        "cartId": cart["cart"]["id"], "cartVersion": cart["cart"]["version"],
        "expectedTotal": {"minor": total["minor"], "currency": total["currency"]},
        "shippingAddress": {"name": markers.plant("name"), "line1": markers.plant("street"), "city": markers.plant("city"),
            "region": "IL", "postalCode": "62701", "country": "US"},
        "shippingMethod": cart["cart"]["deliveryOptions"][0]["method"],
        "paymentMethodToken": if markers.round.is_multiple_of(2) { "pm_card_visa".to_owned() } else { markers.plant("card") },
        "email": format!("{}@example.com", markers.plant("buyer")), "idempotencyKey": a_key(),
    }});
    let wrong = json!({"input": {"email": [markers.plant("array")], "password": 7}});
    let bearer = shop.visitor().with_access_token(&markers.plant("token"));
    let broken =
        format!("{{\"query\": \"{{ me {{ id }} }}\", \"variables\": {{\"password\": \"{}\"", markers.plant("json"));
    let me = "{ me { id email } }";
    vec![
        guest
            .send(
                register,
                json!({"input": {"email": email, "password": password, "displayName": markers.plant("shown")}}),
            )
            .await
            .body,
        guest.send(login, json!({"input": credentials})).await.body,
        guest.with_cart_token(&secret).send(CHECKOUT_SUBMIT, submit).await.body["errors"].take(),
        shop.visitor().send(login, wrong).await.body,
        bearer.send(me, json!({})).await.body,
        shop.visitor().send_raw(broken).await.body,
    ]
}

#[tokio::test]
async fn a_thousand_secrets_leave_no_trace_in_logs_metrics_and_errors() {
    let premises = Premises::fresh().await.with_setting("MERCATO_LOG__FILTER", "debug,sqlx=info,h2=info,hyper=info");
    let shop = Shop::open(&premises);
    let mut markers = Markers { round: 0, planted: Vec::new() };
    let mut answers = Vec::new();
    for round in 0..ROUNDS {
        markers.round = round;
        answers.extend(type_it_all(&shop, &mut markers).await);
    }
    let answers = Value::from(answers).to_string();
    let data = premises.data();
    let written = written(&shop, &data).await;
    shop.stop();
    let leaked = |text: &str| -> Vec<String> {
        markers.planted.iter().filter(|marker| text.contains(marker.as_str())).cloned().collect()
    };
    assert!(written.len() > 20_000, "the shop does write: {} bytes", written.len());
    assert_eq!(leaked(&written), Vec::<String>::new());
    assert_eq!(leaked(&answers), Vec::<String>::new());
    println!("redaction: {} markers, {} bytes of logs and metrics, none found", markers.planted.len(), written.len());
    assert!(markers.planted.len() >= 1000);
}
