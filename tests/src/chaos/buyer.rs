//! A buyer who does not give up: asks until there is an answer, with the same key, as a good client does.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::shopper::{CART_LINES_ADD, CHECKOUT_PROGRESS, CHECKOUT_SUBMIT, a_key, checkout_input};
use crate::{Answer, Client, MUG, SOLD_OUT, Thing};

const CHECKOUT_CANCEL: &str = "mutation($input: CheckoutCancelInput!) { checkoutCancel(input: $input) { checkout { id } userErrors { code message } } }";
const ORDER_CANCEL: &str = "mutation($input: OrderCancelInput!) { orderCancel(input: $input) { cancellation { id } userErrors { code message } } }";
const GIVES_UP_AFTER: Duration = Duration::from_secs(120);
const LOOKS_AGAIN: Duration = Duration::from_millis(25);

/// How a buyer's way to an order goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Journey {
    Buys,
    CardIsDeclined,
    LivesTooFarAway,
    WantsWhatIsSoldOut,
    CancelsAtOnce,
    CancelsWhenConfirmed,
}

impl Journey {
    pub const ALL: [Self; 6] = [
        Self::Buys,
        Self::CardIsDeclined,
        Self::LivesTooFarAway,
        Self::WantsWhatIsSoldOut,
        Self::CancelsAtOnce,
        Self::CancelsWhenConfirmed,
    ];

    fn thing(self) -> Thing {
        if self == Self::WantsWhatIsSoldOut { SOLD_OUT } else { MUG }
    }
}

/// What a buyer was told, and will hold the shop to.
#[derive(Clone, Debug)]
pub struct Told {
    pub journey: Journey,
    pub checkout: String,
    pub total_minor: i64,
}

/// Somebody with a cart.
pub struct Buyer {
    client: Client,
    cart: Value,
}

impl Buyer {
    /// A guest with `units` of a thing in a cart.
    pub async fn with(shop: &str, thing: Thing, units: i64) -> Self {
        let visitor = Client::new(shop);
        let lines = [json!({"variantId": thing.variant(), "quantity": units})];
        let input = json!({"lines": lines, "idempotencyKey": a_key()});
        let mut added = ask(&visitor, CART_LINES_ADD, json!({"input": input, "country": "US"}), "cartLinesAdd").await;
        let secret = added["cartToken"].as_str().expect("a guest's new cart has a secret").to_owned();
        Self { client: visitor.with_cart_token(&secret), cart: added["cart"].take() }
    }

    /// What is submitted to buy this cart.
    pub fn submission(&self, journey: Journey) -> Value {
        let mut input = checkout_input(&self.cart);
        if journey == Journey::CardIsDeclined {
            input["paymentMethodToken"] = json!("pm_card_chargeDeclined");
        }
        if journey == Journey::LivesTooFarAway {
            input["shippingAddress"]["postalCode"] = json!("00000");
        }
        input
    }

    pub async fn submit(&self, submission: &Value) -> Value {
        ask(&self.client, CHECKOUT_SUBMIT, json!({"input": submission}), "checkoutSubmit").await
    }

    /// One submit, whatever comes of it.
    pub async fn try_submit(&self, submission: &Value) -> Option<Answer> {
        self.client.try_send(CHECKOUT_SUBMIT, &json!({"input": submission})).await
    }

    /// The checkout once it is settled.
    pub async fn settled(&self, checkout: &str) -> Value {
        loop {
            let seen = self.checkout(checkout).await;
            if seen["nextPollMs"].is_null() {
                return seen;
            }
            tokio::time::sleep(LOOKS_AGAIN).await;
        }
    }

    async fn checkout(&self, id: &str) -> Value {
        ask(&self.client, CHECKOUT_PROGRESS, json!({"id": id}), "checkout").await
    }

    async fn call_off(&self, checkout: &str) -> Value {
        let input = json!({"checkoutId": checkout, "idempotencyKey": a_key()});
        ask(&self.client, CHECKOUT_CANCEL, json!({"input": input}), "checkoutCancel").await
    }

    async fn cancel(&self, order: &str) -> Value {
        let input = json!({"orderId": order, "reason": "changed my mind", "idempotencyKey": a_key()});
        ask(&self.client, ORDER_CANCEL, json!({"input": input}), "orderCancel").await
    }
}

/// Goes a journey to its end, and tells what was promised on the way.
pub async fn go(shop: &str, journey: Journey) -> Told {
    let buyer = Buyer::with(shop, journey.thing(), 1).await;
    let submission = buyer.submission(journey);
    let submitted = buyer.submit(&submission).await;
    let checkout = submitted["checkout"]["id"].as_str().unwrap_or_else(|| panic!("{submitted}")).to_owned();
    if journey == Journey::CancelsAtOnce {
        buyer.call_off(&checkout).await;
    }
    let settled = buyer.settled(&checkout).await;
    if let (Journey::CancelsWhenConfirmed, Some(order)) = (journey, settled["order"]["id"].as_str()) {
        buyer.cancel(order).await;
    }
    let minor = submission["expectedTotal"]["minor"].as_str().and_then(|minor| minor.parse().ok());
    Told { journey, checkout, total_minor: minor.expect("an amount") }
}

/// What a field answers, however often it has to be asked.
pub async fn ask(client: &Client, document: &str, variables: Value, field: &str) -> Value {
    let since = Instant::now();
    let mut last = None;
    while since.elapsed() < GIVES_UP_AFTER {
        if let Some(mut answer) = client.try_send(document, &variables).await {
            if answer.body["data"][field].is_object() {
                return answer.body["data"][field].take();
            }
            last = Some(answer);
        }
        tokio::time::sleep(LOOKS_AGAIN).await;
    }
    panic!("`{field}` was not answered in {GIVES_UP_AFTER:?}; at last: {last:?}");
}
