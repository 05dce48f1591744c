//! Messages of different keys do not wait for each other, and those of one key do.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use kit::messaging::{Bus, DeadLetters, DeliverySettings, Message, MessageHandler, Subscription, consume};
use kit::testing::TestRedis;
use kit::{Failure, Result};
use redis::AsyncCommands;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const STREAM: &str = "things";
const GROUP: &str = "lamps";
const PATIENCE: DeliverySettings = DeliverySettings {
    handle_within_ms: 60_000,
    claim_idle_ms: 10,
    claim_every_ms: 20,
    attempts: 3,
    resend_after_ms: 100,
    forget_group_after_ms: 900_000,
    remember_days: 30,
    keep_dead_letters_days: 30,
};

/// Puts messages on the stream, numbered in the order of `keys`.
async fn publish(bus: &Bus, keys: impl IntoIterator<Item = String>) {
    let mut all = redis::pipe();
    for (number, key) in keys.into_iter().enumerate() {
        let message = Message::new("thing.happened.v1", key, &number).unwrap();
        let fields = [
            ("id", message.id.to_string()),
            ("kind", message.kind),
            ("key", message.key),
            ("body", message.body.to_string()),
        ];
        all.xadd(format!("mercato:{STREAM}"), "*", &fields).ignore();
    }
    all.query_async::<()>(&mut bus.connection()).await.unwrap();
}

struct Reading {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Reading {
    fn start(
        bus: &Bus,
        consumer: &str,
        concurrency: usize,
        patience: DeliverySettings,
        handler: impl MessageHandler,
    ) -> Self {
        let stop = CancellationToken::new();
        let subscription =
            Subscription { stream: STREAM, group: GROUP, consumer: consumer.to_owned(), concurrency, patience };
        let task = tokio::spawn(consume(bus.clone(), subscription, Arc::new(handler), stop.clone()));
        Self { stop, task }
    }

    async fn end(self) {
        self.stop.cancel();
        in_time(self.task).await.unwrap();
    }
}

async fn in_time<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), what).await.expect("in time")
}

/// Hangs at the keys that it is told to hang at, and tells of every attempt.
struct Hanging {
    at: &'static [&'static str],
    seen: mpsc::UnboundedSender<(String, u64)>,
}

#[async_trait]
impl MessageHandler for Hanging {
    async fn handle(&self, message: &Message) -> Result<()> {
        self.seen.send((message.key.clone(), message.read()?)).unwrap();
        if self.at.contains(&message.key.as_str()) {
            std::future::pending::<()>().await;
        }
        Ok(())
    }
}

fn hanging(at: &'static [&'static str]) -> (Hanging, mpsc::UnboundedReceiver<(String, u64)>) {
    let (seen, told) = mpsc::unbounded_channel();
    (Hanging { at, seen }, told)
}

#[tokio::test]
async fn a_message_that_hangs_holds_up_its_own_key_alone() {
    let redis = TestRedis::start().await;
    let bus = redis.bus().await;
    let (handler, mut told) = hanging(&["hung"]);
    let others = (0..200).map(|number| format!("other {}", number % 50));
    publish(&bus, ["hung".to_owned(), "hung".to_owned()].into_iter().chain(others)).await;
    Reading::start(&bus, "0", 4, PATIENCE, handler);
    let mut seen = Vec::new();
    while seen.len() < 201 {
        seen.push(in_time(told.recv()).await.unwrap());
    }
    assert_eq!(seen.iter().filter(|(key, _)| key == "hung").count(), 1, "the second waits for the first");
    assert!(told.try_recv().is_err());
}

#[tokio::test]
async fn others_go_on_while_one_place_is_left() {
    let redis = TestRedis::start().await;
    let bus = redis.bus().await;
    let (handler, mut told) = hanging(&["a", "b", "c"]);
    let hung = ["a", "b", "c"].map(str::to_owned).into_iter();
    publish(&bus, hung.chain((0..200).map(|number| format!("other {number}")))).await;
    Reading::start(&bus, "0", 4, PATIENCE, handler);
    for _ in 0..203 {
        in_time(told.recv()).await.unwrap();
    }
}

#[tokio::test]
async fn a_message_has_its_deadline_and_then_its_key_goes_on() {
    let redis = TestRedis::start().await;
    let bus = redis.bus().await;
    let (handler, mut told) = hanging(&["hung"]);
    publish(&bus, ["hung", "hung"].map(str::to_owned)).await;
    let patience = DeliverySettings { attempts: 2, ..PATIENCE.within(Duration::from_millis(50)) };
    Reading::start(&bus, "0", 2, patience, handler);
    let mut attempts = Vec::new();
    for _ in 0..4 {
        attempts.push(in_time(told.recv()).await.unwrap().1);
    }
    assert_eq!(attempts, [0, 0, 1, 1], "twice the first, twice the second");
}

/// Never ends, and tells how long it was let go on.
struct Endless(mpsc::UnboundedSender<Duration>);

struct Stopwatch<'a>(Instant, &'a mpsc::UnboundedSender<Duration>);

impl Drop for Stopwatch<'_> {
    fn drop(&mut self) {
        // Nobody listens any more once the test has heard enough.
        let _ended = self.1.send(self.0.elapsed());
    }
}

#[async_trait]
impl MessageHandler for Endless {
    async fn handle(&self, _message: &Message) -> Result<()> {
        let _stopwatch = Stopwatch(Instant::now(), &self.0);
        std::future::pending().await
    }
}

#[tokio::test]
async fn what_was_late_has_twice_as_long_the_next_time() {
    let redis = TestRedis::start().await;
    let bus = redis.bus().await;
    publish(&bus, ["late".to_owned()]).await;
    let (sender, mut told) = mpsc::unbounded_channel();
    Reading::start(&bus, "0", 1, PATIENCE.within(Duration::from_millis(50)), Endless(sender));
    for at_least in [50, 100, 200] {
        let took = in_time(told.recv()).await.unwrap();
        assert!(took >= Duration::from_millis(at_least), "{took:?}");
    }
}

/// Fails at the first attempts at some messages, and knows whether a key was ever out of order.
#[derive(Default)]
struct Orderly {
    done: Mutex<HashMap<String, Vec<u64>>>,
    in_hand: Mutex<HashSet<String>>,
    tried: Mutex<HashSet<u64>>,
    all: Notify,
    finished: AtomicUsize,
}

#[async_trait]
impl MessageHandler for Arced {
    async fn handle(&self, message: &Message) -> Result<()> {
        let number: u64 = message.read()?;
        assert!(self.0.in_hand.lock().unwrap().insert(message.key.clone()), "one of a key at a time");
        tokio::task::yield_now().await;
        self.0.in_hand.lock().unwrap().remove(&message.key);
        if number.is_multiple_of(7) && self.0.tried.lock().unwrap().insert(number) {
            return Err(Failure::fault(anyhow::anyhow!("not at first")));
        }
        self.0.done.lock().unwrap().entry(message.key.clone()).or_default().push(number);
        if self.0.finished.fetch_add(1, Ordering::Relaxed) + 1 == 400 {
            self.0.all.notify_one();
        }
        Ok(())
    }
}

struct Arced(Arc<Orderly>);

#[tokio::test]
async fn messages_of_one_key_keep_their_order_also_when_some_are_tried_again() {
    let redis = TestRedis::start().await;
    let bus = redis.bus().await;
    let orderly = Arc::new(Orderly::default());
    publish(&bus, (0..400).map(|number| format!("key {}", number % 20))).await;
    Reading::start(&bus, "0", 8, PATIENCE, Arced(Arc::clone(&orderly)));
    in_time(orderly.all.notified()).await;
    let done = orderly.done.lock().unwrap();
    assert_eq!(done.len(), 20);
    for (key, numbers) in done.iter() {
        assert!(numbers.is_sorted() && numbers.len() == 20, "{key}: {numbers:?}");
    }
}

/// Takes messages together, and hangs when a certain one is among them.
struct Gathering {
    hangs: &'static str,
    taken: mpsc::UnboundedSender<usize>,
}

#[async_trait]
impl MessageHandler for Gathering {
    async fn handle(&self, message: &Message) -> Result<()> {
        if message.key == self.hangs {
            std::future::pending::<()>().await;
        }
        self.taken.send(1).unwrap();
        Ok(())
    }

    async fn handle_batch(&self, messages: &[Message]) -> Result<bool> {
        let keys: HashSet<&str> = messages.iter().map(|message| message.key.as_str()).collect();
        assert_eq!(keys.len(), messages.len(), "one of each key");
        if keys.contains(self.hangs) {
            std::future::pending::<()>().await;
        }
        self.taken.send(messages.len()).unwrap();
        Ok(true)
    }
}

#[tokio::test]
async fn messages_that_wait_together_are_taken_together() {
    let redis = TestRedis::start().await;
    let bus = redis.bus().await;
    publish(&bus, (0..640).map(|number| number.to_string())).await;
    let (taken, mut told) = mpsc::unbounded_channel();
    Reading::start(&bus, "0", 8, PATIENCE, Gathering { hangs: "", taken });
    let (mut all, mut times) = (0, 0);
    while all < 640 {
        all += in_time(told.recv()).await.unwrap();
        times += 1;
    }
    assert_eq!((all, times), (640, 10));
}

#[tokio::test]
async fn one_that_hangs_among_others_holds_them_up_for_a_moment() {
    let redis = TestRedis::start().await;
    let bus = redis.bus().await;
    publish(&bus, (0..64).map(|number| number.to_string())).await;
    let (taken, mut told) = mpsc::unbounded_channel();
    Reading::start(&bus, "0", 8, PATIENCE, Gathering { hangs: "30", taken });
    for _ in 0..63 {
        assert_eq!(in_time(told.recv()).await, Some(1), "each by itself");
    }
}

/// Lets a message go on when it is told to.
struct Gated {
    began: mpsc::UnboundedSender<String>,
    gate: Arc<Notify>,
    done: Arc<AtomicUsize>,
}

#[async_trait]
impl MessageHandler for Gated {
    async fn handle(&self, message: &Message) -> Result<()> {
        self.began.send(message.key.clone()).unwrap();
        self.gate.notified().await;
        self.done.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

async fn pending(bus: &Bus) -> usize {
    bus.lag(STREAM, GROUP).await.unwrap().pending
}

#[tokio::test]
async fn whoever_stops_finishes_what_is_in_hand_and_leaves_the_rest_to_others() {
    let redis = TestRedis::start().await;
    let bus = redis.bus().await;
    publish(&bus, (0..50).map(|number| number.to_string())).await;
    let (began, mut told) = mpsc::unbounded_channel();
    let (gate, done) = (Arc::new(Notify::new()), Arc::new(AtomicUsize::new(0)));
    let leaving = Gated { began, gate: Arc::clone(&gate), done: Arc::clone(&done) };
    let leaving = Reading::start(&bus, "leaving", 2, PATIENCE, leaving);
    for _ in 0..2 {
        in_time(told.recv()).await.unwrap();
    }
    leaving.stop.cancel();
    let (staying, mut others) = hanging(&[]);
    Reading::start(&bus, "staying", 2, PATIENCE, staying);
    for _ in 0..48 {
        in_time(others.recv()).await.unwrap();
    }
    assert_eq!(done.load(Ordering::Relaxed), 0, "they are still in hand");
    gate.notify_one();
    gate.notify_one();
    // One permit at most waits in the gate.
    tokio::task::yield_now().await;
    in_time(async {
        while done.load(Ordering::Relaxed) < 2 {
            gate.notify_waiters();
            tokio::task::yield_now().await;
        }
    })
    .await;
    leaving.end().await;
    in_time(async { while pending(&bus).await > 0 {} }).await;
    assert!(others.try_recv().is_err(), "and handled once");
    let suspects: usize = bus.connection().hlen(format!("mercato:{STREAM}:suspects")).await.unwrap();
    assert_eq!(suspects, 0);
}

/// Somebody whom it needs is away for a while.
struct Waiting(Arc<AtomicUsize>, mpsc::UnboundedSender<()>);

#[async_trait]
impl MessageHandler for Waiting {
    async fn handle(&self, _message: &Message) -> Result<()> {
        if self.0.fetch_add(1, Ordering::Relaxed) < 5 {
            return Err(kit::Transient::new(anyhow::anyhow!("nobody answers")).into());
        }
        self.1.send(()).unwrap();
        Ok(())
    }
}

#[tokio::test]
async fn nobody_takes_over_what_waits_in_living_hands() {
    let redis = TestRedis::start().await;
    let bus = redis.bus().await;
    publish(&bus, ["patient".to_owned()]).await;
    // Taken over after a second without a sign of life: less than it waits here.
    let patience = PATIENCE.within(Duration::from_millis(10));
    let (sender, mut told) = mpsc::unbounded_channel();
    let attempts = Arc::new(AtomicUsize::new(0));
    Reading::start(&bus, "0", 1, patience, Waiting(Arc::clone(&attempts), sender));
    in_time(async { while pending(&bus).await == 0 {} }).await;
    let (other, mut seen) = hanging(&[]);
    Reading::start(&bus, "1", 1, patience, other);
    in_time(told.recv()).await.unwrap();
    assert!(seen.try_recv().is_err());
    assert_eq!(attempts.load(Ordering::Relaxed), 6);
}

#[tokio::test]
async fn what_every_group_has_handled_is_gone_from_the_stream() {
    let redis = TestRedis::start().await;
    let bus = redis.bus().await;
    publish(&bus, (0..10).map(|number| number.to_string())).await;
    let (handler, _told) = hanging(&[]);
    Reading::start(&bus, "0", 1, PATIENCE, handler);
    let length = async || bus.connection().xlen::<_, usize>(format!("mercato:{STREAM}")).await.unwrap();
    in_time(async { while length().await > 0 {} }).await;
    let audience = kit::messaging::Subscribers::of([(STREAM, &[GROUP][..])]);
    assert!(DeadLetters::new(bus, &audience).newest(1).await.unwrap().is_empty());
}
