//! Tokens and credentials that must not be believed, at the edge and at each subgraph's own port.

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use kit::identity::token::Claims;
use kit::{Clock, Role, SigningKey};
use serde_json::{Value, json};
use system_tests::shopper::a_guest_with;
use system_tests::{Client, MUG, Premises, Shop};

use super::viewers::Mint;

const SUBGRAPHS: [&str; 8] = ["users", "catalog", "inventory", "search", "orders", "payments", "reviews", "shipping"];

fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

/// Every way in which a token may fail, each otherwise as good as the shop's own.
fn flawed(mint: &Mint) -> Vec<(&'static str, String)> {
    let now = Clock::system().now();
    let good = mint.claims("user_0192f3a1c4e87d2f9b1a5c6d7e8f0000", Role::Staff, &["orders"]);
    let with = |change: fn(&mut Claims, i64)| {
        let mut claims = good.clone();
        change(&mut claims, now.timestamp());
        mint.key.sign(&claims).expect("it signs")
    };
    let whole = mint.key.sign(&good).expect("it signs");
    let parts: Vec<&str> = whole.split('.').collect();
    let said = |header: Value| format!("{}.{}", base64(header.to_string().as_bytes()), parts[1]);
    let kid = mint.key.kid();
    let public = serde_json::to_vec(mint.key.public()).expect("JSON");
    let secret = EncodingKey::from_secret(&public);
    let hs256 = Header { kid: Some(kid.to_owned()), ..Header::new(Algorithm::HS256) };
    let stranger = SigningKey::generate(now).expect("a key");
    let own_kid = stranger.sign(&good).expect("it signs");
    let stolen_kid = format!("{}.{}", parts[..2].join("."), own_kid.rsplit('.').next().expect("a signature"));
    let mut without_expiry = serde_json::to_value(&good).expect("JSON");
    without_expiry.as_object_mut().expect("claims").remove("exp");
    let richer = base64(
        serde_json::to_string(&Claims { sub: "user_root".to_owned(), ..good.clone() }).expect("JSON").as_bytes(),
    );
    vec![
        ("alg none", format!("{}.", said(json!({"alg": "none", "typ": "JWT"})))),
        ("alg none with our kid", format!("{}.{}", said(json!({"alg": "none", "kid": kid})), parts[2])),
        ("HS256 with the public key", encode(&hs256, &good, &secret).expect("signed")),
        ("another key under its own kid", own_kid),
        ("another key under our kid", stolen_kid),
        ("no kid", format!("{}.{}", said(json!({"alg": "EdDSA"})), parts[2])),
        ("expired", with(|claims, now| claims.exp = now - 60)),
        ("not yet valid", with(|claims, now| claims.nbf = now + 60)),
        ("another issuer", with(|claims, _| claims.iss = "https://elsewhere.invalid".to_owned())),
        ("another audience", with(|claims, _| claims.aud = "mercato-internal".to_owned())),
        ("no expiry", mint.key.sign(&without_expiry).expect("it signs")),
        ("cut short", whole[..whole.len() - 10].to_owned()),
        ("other claims under the signature", format!("{}.{richer}.{}", parts[0], parts[2])),
        ("no token at all", "mercato".to_owned()),
    ]
}

async fn code(client: &Client) -> Value {
    let answer = client.send("{ __typename }", json!({})).await.body;
    answer.pointer("/errors/0/extensions/code").cloned().unwrap_or_default()
}

#[tokio::test]
async fn no_flawed_token_is_believed_at_any_door() {
    let premises = Premises::fresh().await;
    let shop = Shop::open(&premises);
    let mint = Mint::of(&premises).await;
    let mut doors = vec![("the edge", shop.visitor())];
    for subgraph in SUBGRAPHS {
        doors.push((subgraph, shop.door(subgraph).await));
    }
    let good = mint.token("user_0192f3a1c4e87d2f9b1a5c6d7e8f0000", Role::User, &[]);
    let flawed = flawed(&mint);
    for (name, door) in &doors {
        assert_eq!(code(&door.clone().with_access_token(&good)).await, Value::Null, "{name} believes a good one");
        for (flaw, token) in &flawed {
            assert_eq!(code(&door.clone().with_access_token(token)).await, "UNAUTHENTICATED", "{name}: {flaw}");
        }
    }
    println!("flawed tokens: {} kinds refused at {} doors", flawed.len(), doors.len());
}

#[tokio::test]
async fn a_subgraph_s_port_answers_nobody_who_is_not_ours() {
    let shop = Shop::shared().await;
    let now = Clock::system().now().timestamp();
    let stranger = SigningKey::generate(Clock::system().now()).expect("a key");
    let claims = json!({"iss": "web-bff", "aud": "mercato-internal", "iat": now, "nbf": now, "exp": now + 60});
    let unknown = stranger.sign(&claims).expect("it signs");
    for subgraph in SUBGRAPHS {
        let port = Client::new(shop.address(subgraph));
        assert_eq!(code(&port).await, "FORBIDDEN", "{subgraph}: nothing shown");
        for bare in ["web-bff", "router", "true"] {
            assert_eq!(
                code(&port.clone().with_header("x-mercato-caller", bare)).await,
                "FORBIDDEN",
                "{subgraph}: {bare}"
            );
        }
        let forged = port.with_header("x-mercato-caller", &unknown);
        assert_eq!(code(&forged).await, "UNAVAILABLE", "{subgraph}: a key that nobody published");
    }
}

#[tokio::test]
async fn a_client_cannot_hand_in_a_credential_of_its_own() {
    let shop = Shop::shared().await;
    let client = shop.visitor().with_header("x-mercato-caller", "web-bff");
    assert_eq!(
        client.ask("{ categories { id } }", json!({})).await["categories"].as_array().map(Vec::is_empty),
        Some(false)
    );
}

#[tokio::test]
async fn another_customer_s_token_opens_no_entity() {
    let premises = Premises::fresh().await;
    let shop = Shop::open(&premises);
    let mint = Mint::of(&premises).await;
    let owner = a_guest_with(&shop, MUG, 1).await;
    let checkout = owner.check_out(&owner.checkout_input()).await;
    let document = "query($of: [_Any!]!) { _entities(representations: $of) { ... on Order { number } } }";
    let of = json!({"of": [{"__typename": "Order", "id": checkout["order"]["id"]}]});
    let other = mint.token("user_0192f3a1c4e87d2f9b1a5c6d7e8f0000", Role::User, &[]);
    let seen = shop.door("orders").await.with_access_token(&other).ask(document, of).await;
    assert_eq!(seen, json!({"_entities": [null]}));
}
