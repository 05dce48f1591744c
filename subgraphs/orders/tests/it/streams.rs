//! The whole way: the service with its relay, its consumers and its watch, on a real Redis.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use kit::graphql::guard::Limits;
use kit::identity::token::{AuthSettings, Verifier};
use kit::messaging::{Bus, DeliverySettings, Message, MessageHandler, Relay, Subscribers, Subscription, consume};
use kit::testing::{TestDb, TestRedis, fresh_db, sent};
use kit::{Clock, Db, Result, Runtime};
use orders::{Settings, Store};
use tokio_util::sync::CancellationToken;

use crate::shop::{SETTINGS, Shop, ada, reply};

/// The other subgraphs: whatever is commanded is done, and said again when it is commanded again.
struct Willing {
    db: Db,
}

#[async_trait]
impl MessageHandler for Willing {
    async fn handle(&self, message: &Message) -> Result<()> {
        let done = match message.kind.as_str() {
            "stock.reserve.v1" => "stock.reserved.v1",
            "payment.authorize.v1" => "payment.authorized.v1",
            "shipment.create.v1" => "shipment.created.v1",
            "payment.capture.v1" => "payment.captured.v1",
            "stock.settle.v1" => "stock.settled.v1",
            other => panic!("{other} is not needed when all goes well"),
        };
        let order = &message.key;
        let answer = Message::new(done, order, &reply(order, done))?.with_derived_id(&[order, &message.kind, "reply"]);
        let txn = self.db.begin().await?;
        txn.send("orders.replies", &answer).await?;
        Ok(txn.commit().await?)
    }
}

/// What orders says to everybody stays in its outbox for the test to read: somebody has yet to hear it.
fn audience() -> Subscribers {
    Subscribers::of([
        ("inventory.commands", &["rest"][..]),
        ("payments.commands", &["rest"]),
        ("shipping.commands", &["rest"]),
        ("orders.replies", &["orders"]),
        ("orders.events", &["somebody"]),
    ])
}

fn runtime(db: &Db, bus: &Bus, stop: &CancellationToken) -> Runtime {
    let settings = AuthSettings {
        issuer: "http://users".into(),
        audience: "mercato".into(),
        jwks_url: "http://users/.well-known/jwks.json".into(),
        guest_header: "x-cart-token".into(),
        step_up_minutes: 15,
    };
    let limits = Limits {
        body_bytes: 100_000,
        query_bytes: 100_000,
        tokens: 10_000,
        nesting: 50,
        depth: 20,
        aliases: 100,
        root_fields: 50,
        directives: 50,
        operations: 10,
        selections: 5_000,
        cost: 500_000,
        alone: Vec::new(),
    };
    Runtime {
        role: "orders",
        instance: "orders-1".into(),
        db: db.clone(),
        bus: bus.clone(),
        clock: Clock::system(),
        verifier: Verifier::remote(settings),
        callers: kit::testing::callers(),
        subscribers: audience(),
        patience: DeliverySettings::default(),
        limits,
        list_sizes: Default::default(),
        timeout: std::time::Duration::from_secs(10),
        data: std::env::temp_dir(),
        stop: stop.clone(),
    }
}

async fn start_the_rest(rest: &TestDb, bus: &Bus, stop: &CancellationToken) {
    let (db, clock) = ((**rest).clone(), Clock::system());
    tokio::spawn(Relay::new(db, bus.clone(), clock, "rest", audience(), DeliverySettings::default()).run(stop.clone()));
    for stream in ["inventory.commands", "payments.commands", "shipping.commands"] {
        let subscription = Subscription {
            stream,
            group: "rest",
            consumer: "rest-1".into(),
            concurrency: 4,
            patience: DeliverySettings::default(),
        };
        let willing = Arc::new(Willing { db: (**rest).clone() });
        tokio::spawn(consume(bus.clone(), subscription, willing, stop.clone()));
    }
}

async fn until_confirmed(db: &Db, orders: usize) {
    loop {
        let sent = sent(db).await;
        if sent.iter().filter(|(_, message)| message.kind == "order.confirmed.v1").count() >= orders {
            return;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn checkouts_end_well_though_redis_forgets_everything_in_the_middle() {
    const ORDERS: usize = 12;
    let (redis, shop, stop) = (TestRedis::start().await, Shop::open().await, CancellationToken::new());
    let (bus, rest) = (redis.bus().await, fresh_db::<migrations::orders::Migrator>().await);
    let settings = Settings { step_timeout_ms: 300, step_attempts: 50, ..SETTINGS };
    let service = orders::service(runtime(&shop.db, &bus, &stop), settings).await.expect("the service starts");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let running = tokio::spawn(service.run(listener));
    start_the_rest(&rest, &bus, &stop).await;
    let shop = Shop { store: Store::new(shop.db.clone(), Clock::system(), settings), clock: Clock::system(), ..shop };
    for index in 0..ORDERS {
        shop.checkout_of(&ada()).await;
        if index % 4 == 3 {
            redis::cmd("FLUSHALL").query_async::<()>(&mut bus.connection()).await.expect("Redis is emptied");
        }
    }
    let waited = tokio::time::timeout(Duration::from_secs(60), until_confirmed(&shop.db, ORDERS)).await;
    assert!(waited.is_ok(), "{:?}", shop.sent_kinds().await);
    let kinds = shop.sent_kinds().await;
    assert_eq!(kinds.iter().filter(|kind| *kind == "order.confirmed.v1").count(), ORDERS);
    assert!(!kinds.contains(&"order.cancelled.v1".to_owned()));
    stop.cancel();
    running.await.expect("no panic").expect("a clean stop");
}
