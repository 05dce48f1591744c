//! Through the schema, on a real database.

mod entity;
mod events;
mod import;
mod list;
mod privacy;
mod retention;
mod service;
mod submit;
mod texts;

use async_graphql::{Request, Variables};
use chrono::{DateTime, TimeDelta, Utc};
use kit::messaging::{Message, MessageHandler};
use kit::testing::{TestDb, fresh_db, manual_clock};
use kit::{Clock, Viewer};
use reviews::import::ReviewLine;
use reviews::{CatalogEvents, OrderEvents, Schema, Store, attach_loaders, schema};
use serde_json::{Value, json};

/// The reviews of one test.
struct Reviews {
    db: TestDb,
    clock: Clock,
    store: Store,
    schema: Schema,
}

impl Reviews {
    async fn new() -> Self {
        let db = fresh_db::<migrations::reviews::Migrator>().await;
        let clock = manual_clock();
        let store = Store::new(db.clone(), clock.clone());
        Self { db, clock, store, schema: schema() }
    }

    /// With a catalog of these products.
    async fn of(products: &[&str]) -> Self {
        let reviews = Self::new().await;
        reviews.hear_of(1, false, products).await;
        reviews
    }

    async fn ask(&self, viewer: &Viewer, document: &str, variables: Value) -> Value {
        let request = Request::new(document).variables(Variables::from_json(variables));
        let request = attach_loaders(&self.store, request, viewer).data(viewer.clone());
        kit::testing::execute(&self.schema, request).await
    }

    async fn hear_of(&self, version: i64, removed: bool, products: &[&str]) {
        let products: Vec<Value> = products.iter().map(|id| product(id, version, removed)).collect();
        let message = Message::new("catalog.products_changed.v1", "catalog", &json!({"products": products}));
        CatalogEvents(self.store.clone()).handle(&message.expect("plain data")).await.expect("heard");
    }

    async fn hear_order(&self, message: &Message) {
        OrderEvents(self.store.clone()).handle(message).await.expect("heard");
    }

    async fn submit(&self, user: &str, key: &str, product: &str, rating: i64) -> Value {
        let input = json!({"input": {
            "productId": product, "rating": rating, "title": "As told", "body": "Does what it should.\nNo more.",
            "idempotencyKey": key,
        }});
        self.ask(&Viewer::user(user), SUBMIT, input).await
    }

    async fn rating(&self, product: &str) -> Value {
        let document = "query ($of: [_Any!]!) {
            _entities(representations: $of) { ... on Product { rating { average count histogram } } }
        }";
        let of = json!({"of": [{"__typename": "Product", "id": product}]});
        let answer = self.ask(&Viewer::anonymous(), document, of).await;
        answer["data"]["_entities"][0]["rating"].clone()
    }

    async fn import(&self, lines: &[ReviewLine]) {
        let imported = self.store.import_reviews(lines).await.expect("imported");
        assert_eq!(imported.rejected, []);
    }
}

const SUBMIT: &str = "mutation ($input: ReviewSubmitInput!) {
    reviewSubmit(input: $input) {
        review {
            id product { id } author { id } rating title body recommended verifiedPurchase helpful createdAt
        }
        userErrors { __typename code message path }
    }
}";

fn start() -> DateTime<Utc> {
    manual_clock().now()
}

/// A review as a file states it: the higher its number, the older.
fn line(number: u32, product: &str, rating: i64, helpful: i64) -> ReviewLine {
    ReviewLine {
        id: format!("r{number}"),
        product: product.to_owned(),
        rating,
        title: None,
        body: Some(format!("Review {number}.")),
        helpful,
        recommended: None,
        created_at: start() - TimeDelta::minutes(i64::from(number)),
    }
}

/// The answer with what differs from run to run named instead.
fn steady(mut answer: Value, places: &[(&str, &str)]) -> Value {
    for (pointer, name) in places {
        let place = answer.pointer_mut(pointer).unwrap_or_else(|| panic!("nothing at {pointer}"));
        assert!(place.is_string(), "{pointer}: {place}");
        *place = Value::from(*name);
    }
    answer
}

/// A product as the catalog tells of it.
fn product(id: &str, version: i64, removed: bool) -> Value {
    let example = include_str!("../../../../docs/messages/catalog.products_changed.v1.json");
    let mut product = serde_json::from_str::<Value>(example).expect("JSON")["products"][0].clone();
    (product["id"], product["version"], product["removed"]) = (id.into(), version.into(), removed.into());
    product
}
