use kit::Runtime;
use kit::graphql::guard::Limits;
use kit::identity::token::{AuthSettings, Verifier};
use kit::messaging::{Lag, Message, unsent};
use kit::testing::TestRedis;
use serde_json::json;
use tokio::net::TcpListener;

use crate::{Reviews, product};

const LIMITS: Limits = Limits {
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

#[tokio::test]
async fn a_running_service_hears_of_products_and_orders() {
    let (redis, reviews) = (TestRedis::start().await, Reviews::new().await);
    let folder = tempfile::tempdir().expect("a folder");
    let settings = AuthSettings {
        issuer: "https://shop.example".to_owned(),
        audience: "mercato".to_owned(),
        jwks_url: "http://127.0.0.1:1/jwks.json".to_owned(),
        guest_header: "x-cart-token".to_owned(),
        step_up_minutes: 15,
    };
    let runtime = Runtime {
        role: "reviews",
        instance: "0".to_owned(),
        db: (*reviews.db).clone(),
        bus: redis.bus().await,
        // Messages are due by the time of whoever runs.
        clock: kit::Clock::system(),
        verifier: Verifier::remote(settings),
        callers: kit::testing::callers(),
        subscribers: kit::messaging::Subscribers::default(),
        patience: kit::messaging::DeliverySettings::default(),
        limits: LIMITS,
        list_sizes: Default::default(),
        timeout: std::time::Duration::from_secs(10),
        data: folder.path().to_owned(),
        stop: Default::default(),
    };
    let stop = runtime.stop.clone();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let service = reviews::service(runtime).await.expect("it starts");
    let running = tokio::spawn(service.run(listener));

    // The database is any that has an outbox: its relay publishes what catalog and orders would.
    let products = json!({"products": [product("prod_1", 1, false)]});
    let order = json!({
        "orderId": "ord_1", "number": "M-1", "owner": "user:user_ada",
        "lines": [{"productId": "prod_1", "variantId": "var_1", "quantity": 1}],
    });
    let txn = reviews.db.begin().await.expect("a transaction");
    for (stream, kind, body) in
        [("catalog.events", "catalog.products_changed.v1", products), ("orders.events", "order.confirmed.v1", order)]
    {
        txn.send(stream, &Message::new(kind, "", &body).expect("a message")).await.expect("sent");
    }
    txn.commit().await.expect("committed");
    while unsent(&reviews.db).await.expect("the outbox") > 0 {
        tokio::task::yield_now().await;
    }
    let bus = redis.bus().await;
    for stream in ["catalog.events", "orders.events"] {
        while bus.lag(stream, "reviews").await.expect("Redis answers") != Lag::default() {
            tokio::task::yield_now().await;
        }
    }
    let answer = reviews.submit("user_ada", "1", "prod_1", 5).await;
    assert_eq!(answer["data"]["reviewSubmit"]["review"]["verifiedPurchase"], json!(true), "{answer:#}");
    stop.cancel();
    running.await.expect("no panic").expect("it stopped in good order");
}
