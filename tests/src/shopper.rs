//! What a shopper does, in one call each.

use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::{Client, Shop, Thing};

pub const CART_LINES_ADD: &str = include_str!("../../web-bff/operations/CartLinesAdd.graphql");
pub const CHECKOUT_SUBMIT: &str = include_str!("../../web-bff/operations/CheckoutSubmit.graphql");
pub const CHECKOUT_PROGRESS: &str = include_str!("../../web-bff/operations/CheckoutProgress.graphql");
pub const ORDER_PAGE: &str = include_str!("../../web-bff/operations/OrderPage.graphql");
const REGISTER: &str =
    "mutation($input: UserRegisterInput!) { userRegister(input: $input) { userErrors { message } } }";
const VERIFY: &str =
    "mutation($input: UserEmailVerifyInput!) { userEmailVerify(input: $input) { accessToken userErrors { message } } }";

const PASSWORD: &str = "correct horse battery";

/// Long enough for a saga on a busy machine, short enough for a person who waits for a failing test.
const SETTLED_WITHIN: Duration = Duration::from_secs(60);
const LOOK_AGAIN: Duration = Duration::from_millis(20);

pub fn a_key() -> String {
    Uuid::now_v7().to_string()
}

/// A guest or a user with a cart.
pub struct Shopper {
    pub client: Client,
    pub cart: Value,
    secret: Option<String>,
}

/// A client that is signed in to an account of its own, by the link in its mail.
pub async fn a_new_user(shop: &Shop) -> Client {
    let email = format!("{}@example.com", Uuid::now_v7().simple());
    let input = json!({"email": email, "password": PASSWORD, "displayName": "Ada"});
    let data = shop.visitor().ask(REGISTER, json!({"input": input})).await;
    assert_eq!(data["userRegister"]["userErrors"], json!([]), "{data}");
    let token = token_mailed_to(shop, &email).await;
    let data = shop.visitor().ask(VERIFY, json!({"input": {"token": token, "password": PASSWORD}})).await;
    let token = data["userEmailVerify"]["accessToken"].as_str().unwrap_or_else(|| panic!("{data}"));
    shop.visitor().with_access_token(token)
}

/// The token in the newest mail to this address, once there is one.
pub async fn token_mailed_to(shop: &Shop, email: &str) -> String {
    let mailed = async {
        loop {
            let mails = shop.visitor().get(&format!("/dev/mail/messages.json?to={email}")).await;
            let mails: Value = serde_json::from_str(&mails).unwrap_or_else(|cause| panic!("{cause}: {mails}"));
            if let Some(link) = mails[0]["links"][0].as_str() {
                return link.split_once("token=").expect("the link holds a token").1.to_owned();
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    };
    tokio::time::timeout(SETTLED_WITHIN, mailed).await.expect("every mail arrives")
}

/// The staff of a demo, signed in.
pub async fn staff(shop: &Shop) -> Client {
    let document = "mutation($input: UserLoginInput!) { userLogin(input: $input) { accessToken } }";
    let input = json!({"email": "staff@demo.mercato.invalid", "password": "demo-staff"});
    let data = shop.visitor().ask(document, json!({"input": input})).await;
    let token = data["userLogin"]["accessToken"].as_str().unwrap_or_else(|| panic!("{data}"));
    shop.visitor().with_access_token(token)
}

/// A guest whose cart holds this many of a thing.
pub async fn a_guest_with(shop: &Shop, thing: Thing, quantity: i64) -> Shopper {
    let payload = add(&shop.visitor(), None, thing, quantity).await;
    let secret = payload["cartToken"].as_str().unwrap_or_else(|| panic!("{payload}"));
    Shopper {
        client: shop.visitor().with_cart_token(secret),
        cart: payload["cart"].clone(),
        secret: Some(secret.to_owned()),
    }
}

pub async fn add(client: &Client, cart: Option<&str>, thing: Thing, quantity: i64) -> Value {
    let lines = [json!({"variantId": thing.variant(), "quantity": quantity})];
    let input = json!({"cartId": cart, "lines": lines, "idempotencyKey": a_key()});
    client.ask(CART_LINES_ADD, json!({"input": input, "country": "US"})).await["cartLinesAdd"].take()
}

/// The input that checks a cart out as it is shown.
pub fn checkout_input(cart: &Value) -> Value {
    let delivery = &cart["deliveryOptions"][0];
    json!({
        "cartId": cart["id"], "cartVersion": cart["version"],
        "expectedTotal": {"minor": delivery["total"]["minor"], "currency": delivery["total"]["currency"]},
        "shippingAddress": {"name": "Ada Lovelace", "line1": "1 Main Street", "city": "Springfield",
            "region": "IL", "postalCode": "62701", "country": "US"},
        "shippingMethod": delivery["method"], "paymentMethodToken": "pm_card_visa",
        "email": "ada@example.com", "idempotencyKey": a_key(),
    })
}

impl Shopper {
    pub fn signed_in(client: Client, cart: Value) -> Self {
        Self { client, cart, secret: None }
    }

    /// The secret that the guest's things belong to.
    pub fn secret(&self) -> String {
        self.secret.clone().expect("a guest has a secret")
    }

    /// The same shopper at another door.
    pub fn moved_to(self, client: Client) -> Self {
        Self { client, ..self }
    }

    /// The input that checks this cart out as it is shown.
    pub fn checkout_input(&self) -> Value {
        checkout_input(&self.cart)
    }

    pub async fn submit(&self, input: &Value) -> Value {
        self.client.ask(CHECKOUT_SUBMIT, json!({"input": input})).await["checkoutSubmit"].take()
    }

    /// Submits, and waits for the saga to settle.
    pub async fn check_out(&self, input: &Value) -> Value {
        let payload = self.submit(input).await;
        let id = payload["checkout"]["id"].as_str().unwrap_or_else(|| panic!("{payload}")).to_owned();
        self.settled(&id).await
    }

    pub async fn settled(&self, id: &str) -> Value {
        let settled = async {
            loop {
                let checkout = self.client.ask(CHECKOUT_PROGRESS, json!({"id": id})).await["checkout"].take();
                if checkout["nextPollMs"].is_null() {
                    return checkout;
                }
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        };
        tokio::time::timeout(SETTLED_WITHIN, settled).await.expect("every checkout settles")
    }

    pub async fn order(&self, id: &Value) -> Value {
        self.client.ask(ORDER_PAGE, json!({"id": id})).await["order"].take()
    }
}

/// The timeline without its times.
pub fn steps(checkout: &Value) -> Vec<String> {
    let steps = checkout["timeline"].as_array().expect("a timeline");
    let text = |step: &Value, field: &str| step[field].as_str().unwrap_or("-").to_owned();
    steps.iter().map(|step| format!("{} {}", text(step, "name"), text(step, "state"))).collect()
}
