//! The whole catalogue, for whoever asks.

use catalog::{Resender, Step};
use kit::messaging::{Message, MessageHandler};
use kit::testing::{TestRedis, sent};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::shop::{Shop, lamp, rug};

const COMMAND: &str = include_str!("../../../../docs/messages/catalog.resend_products.v1.json");
const STREAM: &str = "catalog.resent.search";

fn command(body: &Value) -> Message {
    Message::new("catalog.resend_products.v1", "search", body).expect("a message")
}

/// A shop with a rug and so many lamps, and what Redis its catalog has.
struct Asked {
    shop: Shop,
    redis: TestRedis,
    before: usize,
}

impl Asked {
    async fn open(lamps: usize) -> Self {
        let shop = Shop::with_shelves().await;
        let lines: Vec<Value> = (0..lamps).map(|number| lamp(&format!("l{number}"), "home-lamps", 100)).collect();
        shop.stock(&lines).await;
        shop.stock(&[rug()]).await;
        let before = sent(&shop.db).await.len();
        Self { shop, redis: TestRedis::start().await, before }
    }

    async fn resender(&self) -> Resender {
        Resender::new(self.shop.store.clone(), self.redis.bus().await)
    }

    async fn ask(&self, body: &Value) -> kit::Result<()> {
        self.resender().await.requests().handle(&command(body)).await
    }

    async fn answers(&self) -> Vec<(String, Message)> {
        sent(&self.shop.db).await.split_off(self.before)
    }

    /// Step by step to the end.
    async fn answer(&self) {
        while self.shop.store.resend_step(STREAM).await.expect("the database works") != Step::Done {}
    }
}

fn part(message: &Message) -> (i64, bool, usize) {
    let resend = &message.body["resend"];
    let products = message.body["products"].as_array().expect("products");
    (resend["part"].as_i64().expect("a number"), resend["last"].as_bool().expect("yes or no"), products.len())
}

fn ids(messages: &[(String, Message)]) -> Vec<&str> {
    let products = messages.iter().flat_map(|(_, message)| message.body["products"].as_array().expect("products"));
    products.map(|product| product["id"].as_str().expect("an id")).collect()
}

#[tokio::test]
async fn every_product_is_sent_to_whoever_asks_once_for_each_request() {
    let asked = Asked::open(250).await;
    let body: Value = serde_json::from_str(COMMAND).expect("the example is JSON");
    for _ in 0..2 {
        asked.ask(&body).await.expect("taken down");
    }
    asked.answer().await;
    let answers = asked.answers().await;
    let parts: Vec<_> = answers.iter().map(|(stream, message)| (stream.as_str(), part(message))).collect();
    assert_eq!(parts, [(STREAM, (0, false, 200)), (STREAM, (1, true, 51))]);
    let mut every = ids(&answers);
    every.sort_unstable();
    every.dedup();
    assert_eq!(every.len(), 251);
    for (_, message) in &answers {
        assert_eq!(message.kind, "catalog.products_changed.v1");
        assert_eq!(message.body["resend"]["requests"], json!([body["request"]]));
        assert_eq!(message.body["resend"]["total"], 251);
    }
    let (told, rug) = (sent(&asked.shop.db).await, json!("prod_rug"));
    let rug_in = |message: &Message| {
        message.body["products"].as_array().expect("products").iter().find(|one| one["id"] == rug).cloned()
    };
    let rugs: Vec<Value> = told.iter().filter_map(|(_, message)| rug_in(message)).collect();
    assert!(rugs.len() == 2 && rugs[0] == rugs[1], "as when it changed: {rugs:?}");

    asked.answer().await;
    assert_eq!(asked.answers().await.len(), 2, "and it is done");
    asked.ask(&body).await.expect("taken down");
    asked.answer().await;
    assert_eq!(asked.answers().await.len(), 4, "asked again after that, it is sent again");
}

#[tokio::test]
async fn who_asks_together_is_answered_together_and_who_comes_later_by_the_next() {
    let asked = Asked::open(250).await;
    let request = |name: &str| json!({"to": "search", "request": name});
    for name in ["a", "b"] {
        asked.ask(&request(name)).await.expect("taken down");
    }
    for _ in 0..2 {
        assert_eq!(asked.shop.store.resend_step(STREAM).await.expect("a step"), Step::Sent);
    }
    // What was sent already may be older than what this one has missed.
    asked.ask(&request("c")).await.expect("taken down");
    asked.answer().await;
    let answers = asked.answers().await;
    let of: Vec<_> =
        answers.iter().map(|(_, message)| (message.body["resend"]["requests"].clone(), part(message).0)).collect();
    let (first, second) = (json!(["a", "b"]), json!(["c"]));
    assert_eq!(of, [(first.clone(), 0), (first, 1), (second.clone(), 0), (second, 1)]);
    assert_ne!(answers[0].1.body["resend"]["run"], answers[2].1.body["resend"]["run"]);
}

#[tokio::test]
async fn an_answer_whose_process_ends_in_the_middle_goes_on_where_it_was() {
    let asked = Asked::open(450).await;
    asked.ask(&json!({"to": "search", "request": "a"})).await.expect("taken down");
    for _ in 0..2 {
        asked.shop.store.resend_step(STREAM).await.expect("a step");
    }
    assert_eq!(asked.answers().await.len(), 1);
    // The one that comes next knows only what is written.
    let stop = CancellationToken::new();
    let running = tokio::spawn(asked.resender().await.run(stop.clone()));
    while asked.answers().await.len() < 3 {
        tokio::task::yield_now().await;
    }
    stop.cancel();
    running.await.expect("no panic");
    let answers = asked.answers().await;
    let parts: Vec<_> = answers.iter().map(|(_, message)| part(message)).collect();
    assert_eq!(parts, [(0, false, 200), (1, false, 200), (2, true, 51)]);
    let mut every = ids(&answers);
    every.sort_unstable();
    every.dedup();
    assert_eq!(every.len(), 451);
    assert_eq!(asked.shop.store.resending().await.expect("read"), [""; 0]);
}

#[tokio::test]
async fn an_answer_waits_until_what_was_sent_has_arrived() {
    let asked = Asked::open(1).await;
    asked.ask(&json!({"to": "search", "request": "a"})).await.expect("taken down");
    let txn = asked.shop.db.begin().await.expect("a transaction");
    for _ in 0..64 {
        txn.send(STREAM, &command(&json!({}))).await.expect("sent");
    }
    txn.commit().await.expect("committed");
    let steps = [asked.shop.store.resend_step(STREAM).await, asked.shop.store.resend_step(STREAM).await];
    assert_eq!(steps.map(|step| step.expect("a step")), [Step::Sent, Step::Waits]);
    let txn = asked.shop.db.begin().await.expect("a transaction");
    txn.take_back("catalog.resend_products.v1", &["search"]).await.expect("as if they had arrived");
    txn.commit().await.expect("committed");
    asked.answer().await;
    assert_eq!(asked.answers().await.len(), 1);
}

#[tokio::test]
async fn two_processes_send_each_part_once() {
    let asked = Asked::open(950).await;
    asked.ask(&json!({"to": "search", "request": "a"})).await.expect("taken down");
    tokio::join!(asked.answer(), asked.answer());
    asked.answer().await;
    let mut parts: Vec<_> = asked.answers().await.iter().map(|(_, message)| part(message).0).collect();
    parts.sort_unstable();
    assert_eq!(parts, [0, 1, 2, 3, 4]);
}

#[tokio::test]
async fn a_role_of_a_former_release_is_answered_among_the_changes() {
    let asked = Asked::open(1).await;
    asked.ask(&json!({})).await.expect("taken down");
    for _ in 0..2 {
        asked.shop.store.resend_step("catalog.events").await.expect("a step");
    }
    let answers = asked.answers().await;
    assert_eq!((answers.len(), answers[0].0.as_str(), ids(&answers).len()), (1, "catalog.events", 2));
}

#[tokio::test]
async fn who_asks_for_somebody_who_cannot_be_is_refused() {
    let asked = Asked::open(1).await;
    for to in ["", "Search", "a.b", "*", &"a".repeat(41)] {
        let refused = asked.ask(&json!({"to": to})).await.expect_err("refused").into_anyhow().to_string();
        assert!(refused.contains("`to`"), "{refused}");
    }
    assert_eq!(asked.shop.store.resending().await.expect("read"), [""; 0]);
}
