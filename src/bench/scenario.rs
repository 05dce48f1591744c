//! What is asked: the screens of a storefront, and an order.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use serde_json::{Value, json};
use uuid::Uuid;
use web_bff::demo::ACCOUNTS;

use super::client::{
    CART_LINES_ADD, CATEGORY_PAGE, CHECKOUT_PROGRESS, CHECKOUT_SUBMIT, Client, LOGIN, Operation, PRODUCT_PAGE,
    SEARCH_PAGE, SHELF, SHELVES,
};
use super::figures::Sample;

type Asked = Pin<Box<dyn Future<Output = Sample> + Send>>;
type Ask = Box<dyn FnMut() -> Asked + Send>;

pub struct Scenario {
    pub name: &'static str,
    make: Box<dyn Fn(usize) -> Ask>,
}

const COUNTRY: &str = "US";
/// What every delivery method takes.
const LIGHT_GRAMS: i64 = 10_000;
const LOOK_AGAIN: Duration = Duration::from_millis(5);

impl Scenario {
    /// One connection's worth of asking. Each asker goes its own way through the shelf.
    pub fn asker(&self, asker: usize) -> Ask {
        (self.make)(asker)
    }

    pub fn all(client: &Client, shelf: &Arc<Shelf>) -> Vec<Self> {
        vec![
            Self::product_page(client, shelf),
            Self::reading(
                "category page",
                client,
                shelf,
                CATEGORY_PAGE,
                |shelf, turn| json!({"id": pick(&shelf.categories, turn)}),
            ),
            Self::reading(
                "search",
                client,
                shelf,
                SEARCH_PAGE,
                |shelf, turn| json!({"query": pick(&shelf.words, turn)}),
            ),
            Self::acting("add to cart", client, shelf, |client, variant| async move {
                let started = Instant::now();
                add_to_cart(&client, &variant).await?;
                Ok(started.elapsed())
            }),
            Self::acting("checkout to CONFIRMED", client, shelf, |client, variant| async move {
                let cart = add_to_cart(&client, &variant).await?;
                let started = Instant::now();
                check_out(&client, &cart).await?;
                Ok(started.elapsed())
            }),
        ]
    }

    pub fn product_page(client: &Client, shelf: &Arc<Shelf>) -> Self {
        Self::reading(
            "product page",
            client,
            shelf,
            PRODUCT_PAGE,
            |shelf, turn| json!({"id": pick(&shelf.products, turn)}),
        )
    }

    /// The demo's shopper, with the right password.
    pub fn sign_in(client: &Client, shelf: &Arc<Shelf>) -> Self {
        Self::acting("sign in", client, shelf, |client, _| async move {
            let [shopper, ..] = ACCOUNTS else { anyhow::bail!("the demo has no accounts") };
            let input = json!({"input": {"email": shopper.email, "password": shopper.password}});
            let started = Instant::now();
            let answer = client.ask(LOGIN, input, None).await?;
            let refused = answer.pointer("/userLogin/userErrors/0/message").and_then(Value::as_str);
            refused.map_or(Ok(started.elapsed()), |why| Err(anyhow::anyhow!("{why}")))
        })
    }

    /// The bytes of a product page from a server that does nothing else.
    pub fn baseline(address: SocketAddr) -> Self {
        let client = Client::new(&format!("http://{address}"));
        let make = move |_| -> Ask {
            let client = client.clone();
            Box::new(move || {
                let client = client.clone();
                Box::pin(async move {
                    let started = Instant::now();
                    client.post(PRODUCT_PAGE, json!({}), None).await.map_err(|cause| cause.to_string())?;
                    Ok(started.elapsed())
                })
            })
        };
        Self { name: "static JSON", make: Box::new(make) }
    }

    fn reading(
        name: &'static str,
        client: &Client,
        shelf: &Arc<Shelf>,
        operation: Operation,
        variables: fn(&Shelf, usize) -> Value,
    ) -> Self {
        let (client, shelf) = (client.clone(), Arc::clone(shelf));
        let make = move |asker: usize| -> Ask {
            let (client, shelf, mut turn) = (client.clone(), Arc::clone(&shelf), asker * 7919);
            Box::new(move || {
                turn += 1;
                let (client, variables) = (client.clone(), variables(&shelf, turn));
                Box::pin(async move {
                    let started = Instant::now();
                    let answer = client.post(operation, variables, None).await.map_err(|cause| cause.to_string())?;
                    let latency = started.elapsed();
                    let failed = answer.starts_with(b"{\"errors\"") || contains_errors(&answer);
                    if failed { Err(String::from_utf8_lossy(&answer).chars().take(200).collect()) } else { Ok(latency) }
                })
            })
        };
        Self { name, make: Box::new(make) }
    }

    fn acting<F>(name: &'static str, client: &Client, shelf: &Arc<Shelf>, act: fn(Client, String) -> F) -> Self
    where
        F: Future<Output = anyhow::Result<Duration>> + Send + 'static,
    {
        let (client, shelf) = (client.clone(), Arc::clone(shelf));
        let make = move |asker: usize| -> Ask {
            let (client, shelf, mut turn) = (client.clone(), Arc::clone(&shelf), asker * 7919);
            Box::new(move || {
                turn += 1;
                let acted = act(client.clone(), pick(&shelf.variants, turn).to_owned());
                Box::pin(async move { acted.await.map_err(|cause| format!("{cause:#}")) })
            })
        };
        Self { name, make: Box::new(make) }
    }
}

/// The router puts `errors` last or first; a page that lacks a part counts as failed.
fn contains_errors(answer: &[u8]) -> bool {
    let tail = &answer[answer.len().saturating_sub(4096)..];
    tail.windows(10).any(|window| window == b",\"errors\":")
}

fn pick(from: &[String], turn: usize) -> &str {
    // A step that shares no factor with most lengths walks the whole shelf before it comes round.
    from.get(turn.wrapping_mul(104_729) % from.len().max(1)).map_or("", String::as_str)
}

/// What there is to look at and to buy.
pub struct Shelf {
    categories: Vec<String>,
    products: Vec<String>,
    words: Vec<String>,
    variants: Vec<String>,
    product_page: Vec<u8>,
}

impl Shelf {
    pub async fn stock(client: &Client) -> anyhow::Result<Self> {
        let found = client.ask(SHELVES, json!({}), None).await?;
        let roots = list(&found["categories"]);
        let leaves: Vec<&Value> = roots.iter().flat_map(|root| list(&root["children"])).collect();
        let mut shelves = Vec::new();
        for leaf in &leaves {
            shelves.push(client.ask(SHELF, json!({"id": leaf["id"]}), None).await?);
        }
        let products: Vec<&Value> =
            shelves.iter().flat_map(|shelf| list(&shelf["category"]["products"]["nodes"])).collect();
        let can_be_sent = |variant: &&Value| {
            let light = variant["weightGrams"].as_i64().is_some_and(|grams| grams <= LIGHT_GRAMS);
            light && variant["availability"]["state"] == "IN_STOCK"
        };
        let variants = products.iter().flat_map(|product| list(&product["variants"]["nodes"])).filter(can_be_sent);
        let words = products.iter().filter_map(|product| product["title"].as_str()?.split(' ').nth(1));
        let mut shelf = Self {
            categories: ids(leaves.iter().copied()),
            variants: ids(variants),
            words: words.map(str::to_owned).collect(),
            products: ids(products.iter().copied()),
            product_page: Vec::new(),
        };
        let first = shelf.products.first().context("the shop is empty: import a catalogue first")?;
        shelf.product_page = client.post(PRODUCT_PAGE, json!({"id": first}), None).await?;
        Ok(shelf)
    }

    pub fn variant(&self, turn: usize) -> &str {
        pick(&self.variants, turn)
    }

    pub fn product_page_bytes(&self) -> Vec<u8> {
        self.product_page.clone()
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn ids<'a>(things: impl Iterator<Item = &'a Value>) -> Vec<String> {
    things.filter_map(|thing| thing["id"].as_str().map(str::to_owned)).collect()
}

/// A guest's cart with one thing in it.
pub struct Cart {
    pub secret: String,
    cart: Value,
}

pub async fn add_to_cart(client: &Client, variant: &str) -> anyhow::Result<Cart> {
    let line = json!({"variantId": variant, "quantity": 1});
    let input = json!({"lines": [line], "idempotencyKey": Uuid::now_v7().to_string()});
    let mut data = client.ask(CART_LINES_ADD, json!({"input": input, "country": COUNTRY}), None).await?;
    let payload = &mut data["cartLinesAdd"];
    let secret = payload["cartToken"].as_str().with_context(|| payload["userErrors"].to_string())?.to_owned();
    Ok(Cart { secret, cart: payload["cart"].take() })
}

/// Submits a cart; the answer is the id of its checkout.
pub async fn submit(client: &Client, Cart { secret, cart }: &Cart) -> anyhow::Result<String> {
    let delivery = &cart["deliveryOptions"][0];
    let total = &delivery["total"];
    let input = json!({
        "cartId": cart["id"], "cartVersion": cart["version"],
        "expectedTotal": {"minor": total["minor"], "currency": total["currency"]},
        "shippingAddress": {"name": "Ada Lovelace", "line1": "1 Main Street", "city": "Springfield", "region": "IL",
            "postalCode": "62701", "country": COUNTRY},
        "shippingMethod": delivery["method"], "paymentMethodToken": "pm_card_visa", "email": "ada@example.com",
        "idempotencyKey": Uuid::now_v7().to_string(),
    });
    let data = client.ask(CHECKOUT_SUBMIT, json!({"input": input}), Some(secret)).await?;
    let payload = &data["checkoutSubmit"];
    let id = payload["checkout"]["id"].as_str().with_context(|| payload["userErrors"].to_string())?;
    Ok(id.to_owned())
}

async fn check_out(client: &Client, cart: &Cart) -> anyhow::Result<()> {
    let id = submit(client, cart).await?;
    loop {
        let data = client.ask(CHECKOUT_PROGRESS, json!({"id": id}), Some(&cart.secret)).await?;
        match data["checkout"]["state"].as_str() {
            Some("COMPLETED") => return Ok(()),
            Some("FAILED") => anyhow::bail!("the checkout failed: {}", data["checkout"]["failure"]),
            _ => tokio::time::sleep(LOOK_AGAIN).await,
        }
    }
}
