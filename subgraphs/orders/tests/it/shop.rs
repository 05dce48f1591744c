//! A shop to test in: two things to buy, two ways to have them delivered, and a clock that stands still.

use async_graphql::Request;
use jsonwebtoken::jwk::JwkSet;
use kit::db::retention::forget_old;
use kit::identity::token::{AuthSettings, Statement, Verifier};
use kit::messaging::{Message, MessageHandler};
use kit::testing::{TestDb, execute, fresh_db, manual_clock, sent};
use kit::{Clock, SigningKey, Viewer};
use orders::{CatalogEvents, Overdue, Replies, Schema, Settings, ShippingEvents, StockEvents, Store};
use serde_json::{Value, json};

pub struct Shop {
    pub db: TestDb,
    pub store: Store,
    pub clock: Clock,
    pub schema: Schema,
    /// What users signs with.
    pub key: SigningKey,
    pub verifier: Verifier,
}

pub const SETTINGS: Settings = Settings {
    step_timeout_ms: 5_000,
    step_attempts: 3,
    reservation_minutes: 30,
    cart_days: 60,
    link_minutes: 60,
    links_seconds: 900,
    links_per_address: 5,
    links_per_client: 20,
};

fn auth() -> AuthSettings {
    AuthSettings {
        issuer: "https://shop.example/users".to_owned(),
        audience: "mercato".to_owned(),
        jwks_url: "https://shop.example/.well-known/jwks.json".to_owned(),
        guest_header: "x-cart-token".to_owned(),
        step_up_minutes: 15,
    }
}

impl Shop {
    pub async fn open() -> Self {
        let db = fresh_db::<migrations::orders::Migrator>().await;
        let clock = manual_clock();
        let store = Store::new(db.clone(), clock.clone(), SETTINGS);
        let key = SigningKey::generate(clock.now()).expect("a key");
        let verifier = Verifier::fixed(auth(), &JwkSet { keys: vec![key.public().clone()] });
        let shop = Self { db, store, clock, schema: orders::schema(), key, verifier };
        shop.offer(1, &[product("a", 1_000), product("b", 250)]).await;
        shop.rates(1).await;
        shop
    }

    pub async fn ask(&self, viewer: &Viewer, query: &str) -> Value {
        masked(self.ask_bare(viewer, query).await)
    }

    /// The response with its ids as they are.
    pub async fn ask_bare(&self, viewer: &Viewer, query: &str) -> Value {
        let request = orders::attach_loaders(&self.store, Request::new(query), viewer);
        let request = request.data(viewer.clone()).data(self.verifier.clone());
        let answer = execute(&self.schema, request).await;
        words_for_shoppers(&answer);
        answer
    }

    /// What users states about something.
    pub fn stated(&self, audience: &str, what: &str) -> String {
        let statement = Statement { iss: auth().issuer, aud: audience.to_owned(), sub: what.to_owned() };
        self.key.sign(&statement).expect("signed")
    }

    pub async fn offer(&self, version: i64, products: &[Value]) {
        let products: Vec<Value> = products.iter().map(|one| merged(one, &json!({ "version": version }))).collect();
        let body = json!({ "products": products });
        self.catalog(&Message::new("catalog.products_changed.v1", "catalog", &body).expect("plain data")).await;
    }

    pub async fn catalog(&self, message: &Message) {
        CatalogEvents::new(self.store.clone()).handle(message).await.expect("the offers are taken in");
    }

    pub async fn rates(&self, version: i64) {
        let rate = |method: &str, name: &str, most: u32, minor: i64| {
            json!({ "method": method, "name": name, "country": "US", "maxWeightGrams": most,
                    "price": { "minor": minor, "currency": "USD" }, "minDays": 3, "maxDays": 5 })
        };
        let rates = [
            rate("standard", "Standard", 1_000, 500),
            rate("standard", "Standard", 20_000, 900),
            rate("express", "Express", 5_000, 1_500),
        ];
        self.shipping(&json!({ "version": version, "rates": rates })).await;
    }

    pub async fn shipping(&self, body: &Value) {
        let message = Message::new("shipping.rates_changed.v1", "shipping", body).expect("plain data");
        ShippingEvents::new(self.store.clone()).handle(&message).await.expect("the rates are taken in");
    }

    /// Hears how many units of variants are free, with the version of that.
    pub async fn stock(&self, levels: &[(&str, i64, i64)]) {
        let level = |&(key, free, version): &(&str, i64, i64)| json!({ "variantId": format!("var_{key}"), "free": free, "version": version });
        let body = json!({ "levels": levels.iter().map(level).collect::<Vec<_>>() });
        self.stock_changed(&Message::new("stock.changed.v1", "stock", &body).expect("plain data")).await;
    }

    pub async fn stock_changed(&self, message: &Message) {
        StockEvents::new(self.store.clone()).handle(message).await.expect("the levels are taken in");
    }

    /// What the service does now and then by itself.
    pub async fn sweep(&self) {
        forget_old(&self.db, &self.clock, &SETTINGS.retention()).await.expect("the database answers");
    }

    /// The ids of a cart's lines, in their order.
    pub async fn lines_of(&self, viewer: &Viewer, cart: &str) -> Vec<String> {
        let answer = self.ask_bare(viewer, &format!("{{ cart(id: \"{cart}\") {{ lines {{ id }} }} }}")).await;
        let lines = answer["data"]["cart"]["lines"].as_array().expect("lines");
        lines.iter().map(|line| text(line, "/id")).collect()
    }

    /// Hears an answer about an order, as the stream brings it.
    pub async fn hear(&self, order: &str, kind: &str) -> Message {
        let message = Message::new(kind, order, &reply(order, kind)).expect("plain data");
        self.hear_message(&message).await;
        message
    }

    pub async fn hear_message(&self, message: &Message) {
        Replies::new(self.store.clone()).handle(message).await.expect("the answer is taken in");
    }

    /// Everything that was sent, by kind.
    pub async fn sent_kinds(&self) -> Vec<String> {
        sent(&self.db).await.into_iter().map(|(_, message)| message.kind).collect()
    }

    pub async fn look_for_overdue(&self) -> usize {
        Overdue::new(self.store.clone()).look().await.expect("the database answers")
    }

    /// A cart of the viewer's with these lines, beside whatever other carts there are; its id.
    pub async fn cart_with(&self, viewer: &Viewer, lines: &[(&str, i32)]) -> String {
        self.sql("UPDATE cart SET state = 'ASIDE' WHERE state = 'OPEN'").await;
        let answer = self.add(viewer, lines).await;
        self.sql("UPDATE cart SET state = 'OPEN' WHERE state = 'ASIDE'").await;
        text(&answer, "/data/cartLinesAdd/cart/id")
    }

    /// A guest who was given a secret with a cart of these lines, and the cart's id.
    pub async fn guest_with(&self, lines: &[(&str, i32)]) -> (Viewer, String) {
        let answer = self.add(&Viewer::anonymous(), lines).await;
        let guest = Viewer::guest(&text(&answer, "/data/cartLinesAdd/cartToken"));
        (guest, text(&answer, "/data/cartLinesAdd/cart/id"))
    }

    pub async fn sql(&self, statement: &str) {
        let txn = self.db.begin().await.expect("a transaction");
        sea_orm::ConnectionTrait::execute_unprepared(&*txn, statement).await.expect("it is SQL");
        txn.commit().await.expect("it commits");
    }

    /// The order that a checkout is on the way to: its buyer is not told of it before it is confirmed.
    pub async fn order_of(&self, checkout: &str) -> String {
        use sea_orm::{ConnectionTrait, Statement};
        let reader = self.db.reader();
        let sql = "SELECT order_id FROM checkout WHERE id = $1";
        let found = Statement::from_sql_and_values(reader.get_database_backend(), sql, [checkout.into()]);
        let row = reader.query_one_raw(found).await.expect("the database answers").expect("there is such a checkout");
        row.try_get("", "order_id").expect("a text")
    }

    /// An order whose checkout went well.
    pub async fn confirmed_order_of(&self, viewer: &Viewer) -> String {
        let (_, order) = self.checkout_of(viewer).await;
        for kind in SOLD {
            self.hear(&order, kind).await;
        }
        order
    }

    async fn add(&self, viewer: &Viewer, lines: &[(&str, i32)]) -> Value {
        let lines: Vec<String> =
            lines.iter().map(|(key, units)| format!(r#"{{variantId: "var_{key}", quantity: {units}}}"#)).collect();
        let key = uuid();
        let query = format!(
            r#"mutation {{ cartLinesAdd(input: {{lines: [{}], idempotencyKey: "{key}"}}) {{ cart {{ id }} cartToken userErrors {{ message }} }} }}"#,
            lines.join(", ")
        );
        self.ask_bare(viewer, &query).await
    }

    /// A checkout of a cart with two of `a` and delivery, 25.00 USD; its id and its order's.
    pub async fn checkout_of(&self, viewer: &Viewer) -> (String, String) {
        let cart = self.cart_with(viewer, &[("a", 2)]).await;
        let answer = self.ask_bare(viewer, &submit(&cart, 1, 2_500, &uuid(), "checkout { id }")).await;
        let checkout = text(&answer, "/data/checkoutSubmit/checkout/id");
        let order = self.order_of(&checkout).await;
        (checkout, order)
    }
}

/// What becomes of an order that nothing refuses.
pub const SOLD: [&str; 5] =
    ["stock.reserved.v1", "payment.authorized.v1", "shipment.created.v1", "payment.captured.v1", "stock.settled.v1"];

/// Every refusal that a test comes upon is words that a shopper can read.
fn words_for_shoppers(answer: &Value) {
    match answer {
        Value::Array(items) => items.iter().for_each(words_for_shoppers),
        Value::Object(fields) => {
            for (name, value) in fields {
                match (name.as_str(), value) {
                    ("userErrors", Value::Array(refusals)) => {
                        // What is said of an address is vocab's to say.
                        for refusal in refusals.iter().filter(|one| one["path"][0] != "shippingAddress") {
                            let message = refusal["message"].as_str().unwrap_or_default();
                            assert!(!message.contains('`'), "a shopper reads no code: {message}");
                        }
                    }
                    _ => words_for_shoppers(value),
                }
            }
        }
        _ => {}
    }
}

pub fn ada() -> Viewer {
    Viewer::user("user_ada")
}

/// Staff who may see everybody's orders, and what did not become one.
pub fn clerk() -> Viewer {
    Viewer::staff("user_clerk", &["orders"])
}

pub fn product(key: &str, minor: i64) -> Value {
    json!({
        "id": format!("prod_{key}"), "slug": key, "title": format!("Thing {key}"), "brand": "Weft",
        "description": "", "categoryId": "cat_1", "categoryPath": [], "releasedAt": null, "attributes": [],
        "mediaUrl": null, "version": 1, "removed": false,
        "variants": [{
            "id": format!("var_{key}"), "sku": key.to_uppercase(), "title": format!("Thing {key}, S"),
            "options": { "Size": "S" }, "price": { "minor": minor, "currency": "USD" }, "compareAt": null,
            "weightGrams": 400
        }]
    })
}

pub fn merged(base: &Value, over: &Value) -> Value {
    let mut merged = base.clone();
    for (name, value) in over.as_object().expect("an object") {
        merged[name] = value.clone();
    }
    merged
}

pub fn submit(cart: &str, version: i32, total: i64, key: &str, fields: &str) -> String {
    format!(
        r#"mutation {{ checkoutSubmit(input: {{
            cartId: "{cart}", cartVersion: {version}, expectedTotal: {{minor: "{total}", currency: "USD"}},
            shippingAddress: {{name: "Ada", line1: "1 Main St", city: "Springfield",
                region: "IL", postalCode: "62701", country: "US"}},
            shippingMethod: "standard", paymentMethodToken: "pm_card_visa", email: "ada@example.com",
            idempotencyKey: "{key}"
        }}) {{ {fields} userErrors {{ __typename code message path
            ... on TotalChanged {{ was {{ decimal }} now {{ decimal }} }} }} }} }}"#
    )
}

/// The example of an answer, about this order.
pub fn reply(order: &str, kind: &str) -> Value {
    merged(&example(kind), &json!({ "orderId": order }))
}

/// The example of a message, as its sender has written it down.
pub fn example(kind: &str) -> Value {
    let path = format!("{}/../../docs/messages/{kind}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|cause| panic!("{path}: {cause}"));
    serde_json::from_str(&text).expect("an example is JSON")
}

pub fn text(value: &Value, pointer: &str) -> String {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.unwrap_or_else(|| panic!("there is no {pointer} in {value}")).to_owned()
}

pub fn uuid() -> String {
    Message::new("", "", &()).expect("plain data").id.to_string()
}

/// What differs from run to run, by the name of what it is.
pub fn masked(mut value: Value) -> Value {
    mask(&mut value);
    value
}

fn mask(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(mask),
        Value::Object(fields) => {
            for (name, field) in fields {
                match (name.as_str(), &*field) {
                    ("cartToken" | "number" | "startCursor" | "endCursor" | "cursor" | "traceId", Value::String(_)) => {
                        *field = json!(format!("[{name}]"));
                    }
                    ("message", Value::String(text)) if text.starts_with("Order M-") => {
                        *field = json!("Order [number] was placed.");
                    }
                    _ => mask(field),
                }
            }
        }
        Value::String(text) => {
            for kind in ["cart", "line", "chk", "cnl", "ord", "oln"] {
                let Some(rest) = text.strip_prefix(kind).and_then(|rest| rest.strip_prefix('_')) else { continue };
                if rest.len() >= 32 && rest[..32].bytes().all(|byte| byte.is_ascii_hexdigit()) {
                    *text = format!("[{kind}]{}", &rest[32..]);
                }
            }
        }
        _ => {}
    }
}
