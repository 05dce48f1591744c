//! A role of which each replica hears every message, in a group of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use kit::messaging::{
    Bus, DeliverySettings, Message, MessageHandler, Relay, Subscribers, Subscription, consume, replica_group,
    unacknowledged,
};
use kit::service::instance::Instance;
use kit::testing::{TestDb, TestRedis, fresh_db};
use kit::{Clock, Result};
use migrations::search::Migrator;
use redis::AsyncCommands;
use redis::streams::{StreamInfoConsumersReply, StreamInfoGroupsReply};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

const STREAM: &str = "things";
const KEY: &str = "mercato:things";
/// As short as may be: a replica may wait for a message for almost as long.
const FORGET_AFTER: Duration = Duration::from_secs(6);

fn patience() -> DeliverySettings {
    DeliverySettings {
        claim_every_ms: 50,
        resend_after_ms: 100,
        forget_group_after_ms: FORGET_AFTER.as_millis() as u64,
        ..DeliverySettings::default()
    }
}

/// Tells the test what arrived, and counts how often its group was new.
struct Recorder {
    seen: mpsc::UnboundedSender<String>,
    new: Arc<AtomicUsize>,
}

#[async_trait]
impl MessageHandler for Recorder {
    async fn handle(&self, message: &Message) -> Result<()> {
        self.seen.send(message.key.clone()).unwrap();
        Ok(())
    }

    async fn group_created(&self) -> Result<()> {
        self.new.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

struct Reading {
    seen: mpsc::UnboundedReceiver<String>,
    new: Arc<AtomicUsize>,
    stop: CancellationToken,
}

impl Reading {
    fn start(bus: &Bus, group: &str) -> Self {
        let (sender, seen) = mpsc::unbounded_channel();
        let (stop, new) = (CancellationToken::new(), Arc::new(AtomicUsize::new(0)));
        let group: &'static str = group.to_owned().leak();
        let subscription =
            Subscription { stream: STREAM, group, consumer: "0".to_owned(), concurrency: 4, patience: patience() };
        let handler = Arc::new(Recorder { seen: sender, new: Arc::clone(&new) });
        tokio::spawn(consume(bus.clone(), subscription, handler, stop.clone()));
        Self { seen, new, stop }
    }

    async fn next(&mut self) -> String {
        tokio::time::timeout(Duration::from_secs(60), self.seen.recv()).await.expect("a message in time").unwrap()
    }

    fn times_new(&self) -> usize {
        self.new.load(Ordering::SeqCst)
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
    let audience = Subscribers::of([(STREAM, &["lamps@", "shades"][..])]);
    let relay = Relay::new((*db).clone(), bus.clone(), Clock::system(), "things", audience, patience());
    tokio::spawn(relay.run(CancellationToken::new()));
    (redis, bus, db)
}

async fn in_time(is: impl AsyncFn() -> bool) {
    let looking = async {
        while !is().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), looking).await.expect("in time");
}

#[tokio::test]
async fn each_replica_hears_every_message_and_is_waited_for_as_soon_as_it_is_there() {
    let (_redis, bus, db) = publishing().await;
    let mut shades = Reading::start(&bus, "shades");
    let mut first = Reading::start(&bus, &replica_group("lamps", "a"));
    send(&db, "one").await;
    assert_eq!((first.next().await, shades.next().await), ("one".to_owned(), "one".to_owned()));
    in_time(async || unacknowledged(&db).await.unwrap() == 0).await;
    // One that is there and has not handled it yet: the message stays with its sender.
    bus.renew_group(STREAM, "lamps@b", "0").await.unwrap();
    send(&db, "two").await;
    assert_eq!((first.next().await, shades.next().await), ("two".to_owned(), "two".to_owned()));
    let mut second = Reading::start(&bus, "lamps@b");
    assert_eq!(second.next().await, "two");
    in_time(async || unacknowledged(&db).await.unwrap() == 0).await;
    assert_eq!((first.times_new(), second.times_new(), shades.times_new()), (1, 0, 0));
}

#[tokio::test]
async fn a_replica_whose_group_is_gone_is_told_so_and_hears_on() {
    let (_redis, bus, db) = publishing().await;
    let (mut shades, mut lamps) = (Reading::start(&bus, "shades"), Reading::start(&bus, "lamps@a"));
    send(&db, "one").await;
    assert_eq!((lamps.next().await, shades.next().await), ("one".to_owned(), "one".to_owned()));
    assert!(bus.destroy_group(STREAM, "lamps@a").await.unwrap());
    in_time(async || lamps.times_new() == 2).await;
    send(&db, "two").await;
    while lamps.next().await != "two" {}
    in_time(async || unacknowledged(&db).await.unwrap() == 0).await;
    redis::cmd("FLUSHALL").query_async::<()>(&mut bus.connection()).await.unwrap();
    in_time(async || lamps.times_new() == 3).await;
    send(&db, "three").await;
    while lamps.next().await != "three" {}
    in_time(async || unacknowledged(&db).await.unwrap() == 0).await;
}

#[tokio::test]
async fn a_replica_that_shows_no_life_holds_up_neither_the_outbox_nor_the_stream_for_ever() {
    let (_redis, bus, db) = publishing().await;
    let mut shades = Reading::start(&bus, "shades");
    let mut gone = Reading::start(&bus, "lamps@gone");
    send(&db, "one").await;
    assert_eq!((gone.next().await, shades.next().await), ("one".to_owned(), "one".to_owned()));
    gone.stop.cancel();
    in_time(async || unacknowledged(&db).await.unwrap() == 0).await;
    let many = 300;
    for number in 0..many {
        send(&db, &format!("{number}")).await;
    }
    for _ in 0..many {
        shades.next().await;
    }
    assert!(unacknowledged(&db).await.unwrap() > 0, "it may come back");
    assert!(bus.groups(STREAM).await.unwrap().contains(&"lamps@gone".to_owned()));
    in_time(async || unacknowledged(&db).await.unwrap() == 0).await;
    assert_eq!(bus.groups(STREAM).await.unwrap(), ["shades"]);
    in_time(async || bus.connection().xlen::<_, usize>(KEY).await.unwrap() < many).await;
    // Should it come back, it knows that it has missed something.
    let back = Reading::start(&bus, "lamps@gone");
    in_time(async || back.times_new() == 1).await;
}

#[tokio::test]
async fn a_replica_that_is_gone_is_not_waited_for_by_a_sender_whom_nobody_else_reads() {
    let redis = TestRedis::start().await;
    let (bus, db) = (redis.bus().await, fresh_db::<Migrator>().await);
    let audience = Subscribers::of([(STREAM, &["lamps@"][..])]);
    let relay = Relay::new((*db).clone(), bus.clone(), Clock::system(), "things", audience, patience());
    tokio::spawn(relay.run(CancellationToken::new()));
    bus.renew_group(STREAM, "lamps@gone", "0").await.unwrap();
    send(&db, "one").await;
    in_time(async || bus.connection().xlen::<_, usize>(KEY).await.unwrap() == 1).await;
    assert_eq!(unacknowledged(&db).await.unwrap(), 1);
    in_time(async || unacknowledged(&db).await.unwrap() == 0).await;
    assert_eq!(bus.groups(STREAM).await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn a_replica_that_waits_for_messages_is_alive() {
    let (_redis, bus, db) = publishing().await;
    let mut shades = Reading::start(&bus, "shades");
    let mut lamps = Reading::start(&bus, "lamps@a");
    in_time(async || bus.groups(STREAM).await.unwrap().len() == 2).await;
    let began = std::time::Instant::now();
    send(&db, "one").await;
    // Housekeeping goes on while this one has nothing to do for longer than one may be silent.
    while began.elapsed() < FORGET_AFTER + Duration::from_secs(2) {
        let groups: StreamInfoGroupsReply = bus.connection().xinfo_groups(KEY).await.unwrap();
        assert!(groups.groups.iter().any(|group| group.name == "lamps@a"));
        tokio::task::yield_now().await;
    }
    send(&db, "two").await;
    let heard = [lamps.next().await, lamps.next().await, shades.next().await, shades.next().await];
    assert_eq!(heard, ["one", "two", "one", "two"]);
    assert_eq!(lamps.times_new(), 1);
}

#[tokio::test]
async fn of_two_processes_that_come_to_share_a_name_the_first_keeps_it_and_makes_its_group_anew() {
    let redis = TestRedis::start().await;
    let bus = redis.bus().await;
    bus.renew_group(STREAM, "lamps@a", "0").await.unwrap();
    let own = vec![(STREAM.to_owned(), "lamps@a".to_owned())];
    let first = Arc::new(Instance::claim(&bus, "lamps", "a").await.unwrap().with_own_groups(own));
    // For a moment Redis knows nothing of the first.
    redis::cmd("DEL").arg("mercato:instances:lamps:a").query_async::<()>(&mut bus.connection()).await.unwrap();
    // Of two that came in one moment it may be either.
    let later = Clock::system().now();
    while Clock::system().now().timestamp_millis() <= later.timestamp_millis() {
        tokio::task::yield_now().await;
    }
    let second = Arc::new(Instance::claim(&bus, "lamps", "a").await.expect("the name seems free"));
    let (first_stop, second_stop) = (CancellationToken::new(), CancellationToken::new());
    tokio::spawn(first.keep(first_stop.clone(), first_stop.clone()));
    let ended = tokio::spawn(second.keep(second_stop.clone(), second_stop.clone()));
    tokio::time::timeout(Duration::from_secs(60), ended).await.expect("in time").unwrap();
    assert!(second_stop.is_cancelled() && !first_stop.is_cancelled(), "its process is told to stop");
    in_time(async || bus.groups(STREAM).await.unwrap().is_empty()).await;
    assert!(Instance::claim(&bus, "lamps", "a").await.is_err(), "the first lives on");
}

#[tokio::test]
async fn a_replica_that_is_gone_for_long_is_no_member_of_its_group_any_more() {
    let redis = TestRedis::start().await;
    let bus = redis.bus().await;
    bus.renew_group(STREAM, "shades", "former").await.unwrap();
    let _present = Reading::start(&bus, "shades");
    in_time(async || {
        let found: StreamInfoConsumersReply = bus.connection().xinfo_consumers(KEY, "shades").await.unwrap();
        found.consumers.iter().map(|consumer| consumer.name.as_str()).eq(["0"])
    })
    .await;
}
