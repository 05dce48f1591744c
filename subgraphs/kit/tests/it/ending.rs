//! How a subgraph's process ends: whatever it has in hand is finished and told, and only then is its name another's.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::{EmptyMutation, EmptySubscription, Object, Schema};
use async_trait::async_trait;
use kit::graphql::guard::{ListSizes, hostile};
use kit::identity::token::{AuthSettings, Verifier};
use kit::messaging::{Bus, DeliverySettings, Message, MessageHandler, Subscribers};
use kit::service::instance::Instance;
use kit::testing::{TestRedis, callers, fresh_db};
use kit::{Clock, Db, Result, Runtime, Service};
use migrations::search::Migrator;
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;

const PATIENCE: DeliverySettings = DeliverySettings {
    handle_within_ms: 60_000,
    claim_idle_ms: 180_000,
    claim_every_ms: 1_000,
    attempts: 3,
    resend_after_ms: 60_000,
    forget_group_after_ms: 60_000,
    remember_days: 30,
    keep_dead_letters_days: 30,
};

struct Query;

#[Object]
impl Query {
    async fn lamps(&self) -> i32 {
        0
    }
}

/// Says that it has begun, waits until it may go on, and answers.
struct Slow {
    db: Db,
    begun: mpsc::UnboundedSender<()>,
    may_go_on: Arc<Notify>,
}

#[async_trait]
impl MessageHandler for Slow {
    async fn handle(&self, message: &Message) -> Result<()> {
        self.begun.send(()).unwrap();
        self.may_go_on.notified().await;
        say(&self.db, "answers", &message.key).await;
        Ok(())
    }
}

async fn say(db: &Db, stream: &'static str, key: &str) {
    let txn = db.begin().await.unwrap();
    txn.send(stream, &Message::new("thing.happened.v1", key, &serde_json::json!({})).unwrap()).await.unwrap();
    txn.commit().await.unwrap();
}

async fn length(bus: &Bus, stream: &str) -> usize {
    redis::cmd("XLEN").arg(format!("mercato:{stream}")).query_async(&mut bus.connection()).await.unwrap()
}

async fn has_its_name(bus: &Bus) -> bool {
    redis::cmd("EXISTS").arg("mercato:instances:lamps:a").query_async(&mut bus.connection()).await.unwrap()
}

fn runtime(bus: &Bus, db: &Db, stop: &CancellationToken) -> Runtime {
    let auth = AuthSettings {
        issuer: "https://lamps.example".to_owned(),
        audience: "lamps".to_owned(),
        jwks_url: String::new(),
        guest_header: "lamp-token".to_owned(),
        step_up_minutes: 15,
    };
    Runtime {
        role: "lamps",
        instance: "a".to_owned(),
        db: db.clone(),
        bus: bus.clone(),
        clock: Clock::system(),
        verifier: Verifier::remote(auth),
        callers: callers(),
        limits: hostile::limits(),
        list_sizes: Arc::new(ListSizes::default()),
        timeout: Duration::from_secs(10),
        subscribers: Subscribers::of([("things", &["lamps"][..]), ("answers", &["shades"][..])]),
        patience: PATIENCE,
        data: std::path::PathBuf::new(),
        stop: stop.clone(),
    }
}

#[tokio::test]
async fn who_is_told_to_stop_finishes_a_message_then_tells_the_answer_and_gives_its_name_back_last() {
    let redis = TestRedis::start().await;
    let (bus, db) = (redis.bus().await, fresh_db::<Migrator>().await);
    let (stop, may_go_on) = (CancellationToken::new(), Arc::new(Notify::new()));
    let (begun, mut has_begun) = mpsc::unbounded_channel();
    let runtime = runtime(&bus, &db, &stop);
    let handler = Slow { db: (*db).clone(), begun, may_go_on: Arc::clone(&may_go_on) };
    let schema = Schema::build(Query, EmptyMutation, EmptySubscription).finish();
    let instance = Instance::claim(&bus, "lamps", "a").await.unwrap();
    let service = Service::new(&runtime, schema, |request, _| request)
        .with_consumer("things", 1, handler)
        .under(instance)
        .within(kit::server::Limits::default().without_drain_delay());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let running = tokio::spawn(service.run(listener));

    say(&db, "things", "one").await;
    tokio::time::timeout(Duration::from_secs(20), has_begun.recv()).await.expect("it begins in time").unwrap();
    // Nobody takes this one up any more: it comes while there is another in hand, and then the end.
    say(&db, "things", "two").await;
    stop.cancel();
    // The port is closed when there are no more requests, and what is left has begun to end.
    let closed = async { while tokio::net::TcpStream::connect(address).await.is_ok() {} };
    tokio::time::timeout(Duration::from_secs(20), closed).await.expect("it closes its port in time");
    assert!(!running.is_finished(), "it has a message in hand");
    assert_eq!(length(&bus, "answers").await, 0);
    assert!(has_its_name(&bus).await, "it has a message in hand");

    may_go_on.notify_one();
    tokio::time::timeout(Duration::from_secs(20), running).await.expect("it ends in time").unwrap().unwrap();
    assert_eq!(length(&bus, "answers").await, 1, "the answer is told before the end");
    assert!(has_begun.try_recv().is_err(), "it takes up no more");
    assert!(!has_its_name(&bus).await, "its name is another's");
}
