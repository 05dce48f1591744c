//! Relays that share an outbox.

use std::time::{Duration, Instant};

use kit::db::Place;
use kit::messaging::{Bus, DeliverySettings, Message, Relay, Subscribers, unsent};
use kit::testing::{TestRedis, fresh_place};
use kit::{Clock, Db};
use migrations::search::Migrator;
use sea_orm::{ConnectionTrait, Statement};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const STREAM: &str = "things";
const KEY: &str = "mercato:things";
const PATIENCE: DeliverySettings = DeliverySettings {
    handle_within_ms: 10_000,
    claim_idle_ms: 10,
    claim_every_ms: 20,
    attempts: 3,
    // Longer than a busy machine takes for a batch.
    resend_after_ms: 3_000,
    forget_group_after_ms: 900_000,
    remember_days: 30,
    keep_dead_letters_days: 30,
};

/// A database that processes share.
struct Shared {
    place: Place,
    bus: Bus,
    _redis: TestRedis,
    _folder: TempDir,
}

impl Shared {
    async fn new() -> Self {
        let (place, folder) = fresh_place();
        let redis = TestRedis::start().await;
        Db::open(&place).await.unwrap().migrate::<Migrator>().await.unwrap();
        Self { place, bus: redis.bus().await, _redis: redis, _folder: folder }
    }

    /// As another process opens it.
    async fn db(&self) -> Db {
        Db::open(&self.place).await.unwrap()
    }

    fn relay(&self, db: &Db, patience: DeliverySettings) -> JoinHandle<()> {
        let audience = Subscribers::of([(STREAM, &["search"][..])]);
        let relay = Relay::new(db.clone(), self.bus.clone(), Clock::system(), "lamps", audience, patience);
        tokio::spawn(relay.run(CancellationToken::new()))
    }

    /// How many entries the stream has.
    async fn entries(&self) -> usize {
        redis::cmd("XLEN").arg(KEY).query_async(&mut self.bus.connection()).await.unwrap()
    }
}

async fn send(db: &Db, count: usize) {
    let messages: Vec<Message> = (0..count)
        .map(|number| Message::new("thing.happened.v1", number.to_string(), &serde_json::json!({})).unwrap())
        .collect();
    for some in messages.chunks(500) {
        let txn = db.begin().await.unwrap();
        txn.send_all(&some.iter().map(|message| (STREAM, message)).collect::<Vec<_>>()).await.unwrap();
        txn.commit().await.unwrap();
    }
}

async fn until(what: impl AsyncFn() -> bool) {
    let asking = async {
        while !what().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), asking).await.expect("in time");
}

/// How many rows were published, or looked after, less than so often.
async fn published_less_than(db: &Db, times: i32) -> i64 {
    let count = format!("SELECT COUNT(*) AS rows FROM outbox WHERE attempts < {times}");
    let asked = Statement::from_string(db.reader().get_database_backend(), count);
    db.reader().query_one_raw(asked).await.unwrap().unwrap().try_get("", "rows").unwrap()
}

#[tokio::test]
async fn relays_of_one_database_send_each_message_once() {
    let shared = Shared::new().await;
    let writer = shared.db().await;
    send(&writer, 2_000).await;
    for db in [shared.db().await, shared.db().await, shared.db().await] {
        shared.relay(&db, PATIENCE);
    }
    // Sent, and looked after once: nobody has read them, which is no reason to send them again.
    until(async || published_less_than(&writer, 2).await == 0).await;
    assert_eq!(shared.entries().await, 2_000);
}

#[tokio::test]
async fn what_a_process_commits_no_other_sends() {
    let shared = Shared::new().await;
    let processes = [shared.db().await, shared.db().await];
    for db in &processes {
        shared.relay(db, PATIENCE);
        // Its relay is there once it has sent something.
        send(db, 1).await;
    }
    until(async || shared.entries().await == 2).await;
    for _ in 0..200 {
        send(&processes[0], 1).await;
        send(&processes[1], 1).await;
    }
    until(async || published_less_than(&processes[0], 2).await == 0).await;
    assert_eq!(shared.entries().await, 402);
}

#[tokio::test]
async fn what_a_lost_process_has_not_sent_another_sends() {
    let shared = Shared::new().await;
    let (lost, other) = (shared.db().await, shared.db().await);
    let dying = shared.relay(&lost, PATIENCE);
    send(&lost, 1).await;
    until(async || shared.entries().await == 1).await;
    dying.abort();
    dying.await.expect_err("it was killed");
    shared.relay(&other, PATIENCE);
    send(&lost, 100).await;
    until(async || shared.entries().await >= 101).await;
    until(async || unsent(&other).await.unwrap() == 0).await;
}

/// How fast depends on the machine; it is told for whoever wants to know.
#[tokio::test]
async fn all_that_a_redis_has_lost_is_sent_again_back_to_back() {
    const ROWS: usize = 10_000;
    let shared = Shared::new().await;
    // They would wait for a minute to be looked after.
    let patience = DeliverySettings { resend_after_ms: 60_000, ..PATIENCE };
    let writer = shared.db().await;
    send(&writer, ROWS).await;
    for db in [shared.db().await, shared.db().await] {
        shared.relay(&db, patience);
    }
    let began = Instant::now();
    until(async || unsent(&writer).await.unwrap() == 0).await;
    let first = began.elapsed();
    redis::cmd("FLUSHALL").query_async::<()>(&mut shared.bus.connection()).await.unwrap();
    let began = Instant::now();
    until(async || shared.entries().await >= ROWS).await;
    let again = began.elapsed();
    let per_second = |took: Duration| ROWS as f64 / took.as_secs_f64();
    println!("{ROWS} rows: {:.0}/s at first, {:.0}/s again", per_second(first), per_second(again));
}
