use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use kit::message::{Bus, Consume, Message, Patience, Subscription, consume, relay};
use kit::testing::{TestDb, TestRedis, fresh_db, manual_clock};
use kit::{Failure, Result};
use migrations::search::Migrator;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

const STREAM: &str = "things";

/// Tells the test what arrived; refuses what it is told to refuse.
struct Recorder {
    seen: mpsc::UnboundedSender<String>,
    refused: Option<&'static str>,
}

#[async_trait]
impl Consume for Recorder {
    async fn consume(&self, message: &Message) -> Result<()> {
        self.seen.send(message.key.clone()).unwrap();
        if self.refused == Some(message.key.as_str()) {
            return Err(Failure::fault(anyhow::anyhow!("refused by the test")));
        }
        Ok(())
    }
}

struct Reading {
    seen: mpsc::UnboundedReceiver<String>,
    stop: CancellationToken,
}

impl Reading {
    fn start(bus: &Bus, group: &'static str, refused: Option<&'static str>) -> Self {
        let (sender, seen) = mpsc::unbounded_channel();
        let stop = CancellationToken::new();
        let patience =
            Patience { claim_idle: Duration::from_millis(5), claim_every: Duration::from_millis(20), attempts: 3 };
        let subscription = Subscription { stream: STREAM, group, consumer: "0".to_owned(), concurrency: 4, patience };
        let handler = Arc::new(Recorder { seen: sender, refused });
        tokio::spawn(consume(bus.clone(), subscription, handler, stop.clone()));
        Self { seen, stop }
    }

    async fn next(&mut self) -> String {
        tokio::time::timeout(Duration::from_secs(20), self.seen.recv()).await.expect("a message in time").unwrap()
    }
}

async fn send(db: &TestDb, key: &str) {
    let txn = db.begin().await.unwrap();
    let message = Message::new("thing.happened.v1", key, &serde_json::json!({})).unwrap();
    txn.send(STREAM, &message).await.unwrap();
    txn.commit().await.unwrap();
}

async fn publishing() -> (TestRedis, Bus, TestDb) {
    let redis = TestRedis::start().await;
    let bus = redis.bus().await;
    let db = fresh_db::<Migrator>().await;
    tokio::spawn(relay(db.clone(), bus.clone(), manual_clock(), CancellationToken::new()));
    (redis, bus, db)
}

#[tokio::test]
async fn what_is_sent_before_anybody_listens_reaches_every_group() {
    let (_redis, bus, db) = publishing().await;
    send(&db, "early").await;
    for group in ["search", "reviews"] {
        assert_eq!(Reading::start(&bus, group, None).next().await, "early");
    }
}

#[tokio::test]
async fn what_was_read_and_not_finished_is_read_again_after_a_restart() {
    let (_redis, bus, db) = publishing().await;
    send(&db, "hard").await;
    let mut first = Reading::start(&bus, "search", Some("hard"));
    assert_eq!(first.next().await, "hard");
    first.stop.cancel();
    let mut second = Reading::start(&bus, "search", None);
    assert_eq!(second.next().await, "hard");
}

#[tokio::test]
async fn a_message_that_never_succeeds_is_dead_lettered_and_holds_nobody_up() {
    let (_redis, bus, db) = publishing().await;
    send(&db, "poison").await;
    send(&db, "good").await;
    let mut reading = Reading::start(&bus, "search", Some("poison"));
    let mut seen = Vec::new();
    while seen.iter().filter(|key| *key == "poison").count() < 3 {
        seen.push(reading.next().await);
    }
    assert!(seen.contains(&"good".to_owned()));
    let buried = tokio::time::timeout(Duration::from_secs(20), async {
        loop {
            let length: usize =
                redis::cmd("XLEN").arg("mercato:things:dead").query_async(&mut bus.connection()).await.unwrap();
            if length > 0 {
                return length;
            }
            tokio::task::yield_now().await;
        }
    });
    assert_eq!(buried.await.expect("buried in time"), 1);
}

#[tokio::test]
async fn a_redis_that_forgot_everything_is_read_on() {
    let (_redis, bus, db) = publishing().await;
    let mut reading = Reading::start(&bus, "search", None);
    send(&db, "before").await;
    assert_eq!(reading.next().await, "before");
    redis::cmd("FLUSHALL").query_async::<()>(&mut bus.connection()).await.unwrap();
    send(&db, "after").await;
    assert_eq!(reading.next().await, "after");
}
