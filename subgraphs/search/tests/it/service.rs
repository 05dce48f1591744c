use std::path::Path;

use kit::Runtime;
use kit::guard::Limits;
use kit::message::{Lag, Message};
use kit::testing::{TestDb, TestRedis, fresh_db, manual_clock, sent};
use kit::token::{AuthSettings, Verifier};
use search::{Index, ask_for_products_when_empty, service};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::shop::{assortment, tell};

async fn runtime(redis: &TestRedis, db: &TestDb, data: &Path, instance: &str) -> Runtime {
    let auth = AuthSettings {
        issuer: "https://shop.example".into(),
        audience: "shop".into(),
        jwks_url: "http://127.0.0.1:1/jwks.json".into(),
        guest_header: "x-cart-token".into(),
        step_up_minutes: 15,
    };
    let limits = Limits {
        body_bytes: 100_000,
        query_bytes: 30_000,
        tokens: 1_000,
        nesting: 20,
        depth: 15,
        aliases: 30,
        root_fields: 20,
        directives: 50,
        operations: 10,
        selections: 500,
        cost: 50_000,
        alone: Vec::new(),
    };
    Runtime {
        role: "search",
        instance: instance.into(),
        db: (**db).clone(),
        bus: redis.bus().await,
        clock: manual_clock(),
        verifier: Verifier::remote(auth),
        callers: kit::testing::callers(),
        audience: kit::message::Audience::default(),
        patience: kit::message::Patience::default(),
        limits,
        list_sizes: Default::default(),
        timeout: std::time::Duration::from_secs(10),
        data: data.to_owned(),
        stop: Default::default(),
    }
}

#[tokio::test]
async fn an_empty_index_asks_for_all_products_and_a_full_one_does_not() {
    let db = fresh_db::<migrations::search::Migrator>().await;
    let folder = tempfile::tempdir().expect("a folder");
    let index = Index::open(folder.path()).expect("the index");
    ask_for_products_when_empty(&index, &db).await.expect("it asks");
    let asked = sent(&db).await;
    let example: Value =
        serde_json::from_str(include_str!("../../../../docs/messages/catalog.resend_products.v1.json")).expect("JSON");
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].0, "catalog.commands");
    assert_eq!((asked[0].1.kind.as_str(), &asked[0].1.body), ("catalog.resend_products.v1", &example));

    tell(&index, &assortment()).await;
    ask_for_products_when_empty(&index, &db).await.expect("it looks");
    assert_eq!(sent(&db).await.len(), 1);
}

#[tokio::test]
async fn every_replica_sees_every_product() {
    let (redis, db) = (TestRedis::start().await, fresh_db::<migrations::search::Migrator>().await);
    let folders = [tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder")];
    let mut running = Vec::new();
    for (instance, folder) in ["0", "b"].into_iter().zip(&folders) {
        let runtime = runtime(&redis, &db, folder.path(), instance).await;
        let stop = runtime.stop.clone();
        let further = Some(instance).filter(|&name| name != "0");
        let service = service(runtime, further).await.expect("it starts");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        running.push((stop, tokio::spawn(service.run(listener))));
    }
    // The database is any that has an outbox: its relay publishes what the catalog would.
    let txn = db.begin().await.expect("a transaction");
    for product in assortment() {
        let message =
            Message::new("catalog.products_changed.v1", "", &json!({"products": [product]})).expect("a message");
        txn.send("catalog.events", &message).await.expect("sent");
    }
    txn.commit().await.expect("committed");
    while kit::message::unsent(&db).await.expect("the outbox") > 0 {
        tokio::task::yield_now().await;
    }
    let bus = redis.bus().await;
    for group in ["search", "search-b"] {
        while bus.lag("catalog.events", group).await.expect("Redis answers") != Lag::default() {
            tokio::task::yield_now().await;
        }
    }
    for (stop, run) in running {
        stop.cancel();
        run.await.expect("no panic").expect("it stops");
    }
    for folder in &folders {
        let index = Index::open(folder.path()).expect("the index");
        assert_eq!(index.len(), assortment().len() as u64);
    }
}
