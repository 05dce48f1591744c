use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use kit::messaging::{
    Bus, DeadLetter, DeadLetters, DeliverySettings, Message, MessageHandler, Relay, Subscribers, Subscription, consume,
    forget, unacknowledged,
};
use kit::testing::{TestDb, TestRedis, fresh_db};
use kit::{Clock, Failure, Result};
use migrations::search::Migrator;
use sea_orm::{ConnectionTrait, Statement};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const STREAM: &str = "things";
const PATIENCE: DeliverySettings = DeliverySettings {
    handle_within_ms: 10_000,
    claim_idle_ms: 10,
    claim_every_ms: 20,
    attempts: 3,
    resend_after_ms: 100,
    forget_group_after_ms: 60_000,
    remember_days: 30,
    keep_dead_letters_days: 30,
};

/// Tells the test what arrived; refuses what it is told to refuse.
struct Recorder {
    seen: mpsc::UnboundedSender<String>,
    refused: Option<&'static str>,
    /// What is never done with.
    endless: Option<&'static str>,
}

#[async_trait]
impl MessageHandler for Recorder {
    async fn handle(&self, message: &Message) -> Result<()> {
        self.seen.send(message.key.clone()).unwrap();
        if self.refused == Some(message.key.as_str()) {
            return Err(Failure::fault(anyhow::anyhow!("refused by the test")));
        }
        if self.endless == Some(message.key.as_str()) {
            std::future::pending::<()>().await;
        }
        Ok(())
    }
}

struct Reading {
    seen: mpsc::UnboundedReceiver<String>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Reading {
    fn start(bus: &Bus, group: &'static str, refused: Option<&'static str>) -> Self {
        Self::start_with(bus, group, |seen| Recorder { seen, refused, endless: None })
    }

    /// One that can be ended in the middle of `endless`, as by a message that kills its process.
    fn start_endless(bus: &Bus, endless: &'static str) -> Self {
        Self::start_with(bus, "search", |seen| Recorder { seen, refused: None, endless: Some(endless) })
    }

    fn start_with<H: MessageHandler>(
        bus: &Bus,
        group: &'static str,
        handler: impl FnOnce(mpsc::UnboundedSender<String>) -> H,
    ) -> Self {
        let (sender, seen) = mpsc::unbounded_channel();
        let stop = CancellationToken::new();
        let subscription =
            Subscription { stream: STREAM, group, consumer: "0".to_owned(), concurrency: 4, patience: PATIENCE };
        let handler = Arc::new(handler(sender));
        let task = tokio::spawn(consume(bus.clone(), subscription, handler, stop.clone()));
        Self { seen, stop, task }
    }

    /// As when its process dies: nothing is finished, nothing is said.
    async fn kill(self) {
        self.task.abort();
        self.task.await.expect_err("it was killed");
    }

    async fn next(&mut self) -> String {
        tokio::time::timeout(Duration::from_secs(60), self.seen.recv()).await.expect("a message in time").unwrap()
    }
}

async fn send(db: &TestDb, key: &str) {
    let txn = db.begin().await.unwrap();
    let message = Message::new("thing.happened.v1", key, &serde_json::json!({})).unwrap();
    txn.send(STREAM, &message).await.unwrap();
    txn.commit().await.unwrap();
}

fn audience() -> Subscribers {
    Subscribers::of([(STREAM, &["search", "reviews"][..])])
}

fn keep_publishing(bus: &Bus, db: &TestDb, audience: &Subscribers) {
    keep_publishing_with(bus, db, audience, PATIENCE);
}

fn keep_publishing_with(bus: &Bus, db: &TestDb, audience: &Subscribers, patience: DeliverySettings) -> JoinHandle<()> {
    let relay = Relay::new((**db).clone(), bus.clone(), Clock::system(), "lamps", audience.clone(), patience);
    tokio::spawn(relay.run(CancellationToken::new()))
}

async fn publishing() -> (TestRedis, Bus, TestDb) {
    let redis = TestRedis::start().await;
    let bus = redis.bus().await;
    let db = fresh_db::<Migrator>().await;
    keep_publishing(&bus, &db, &audience());
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
    let letter = a_dead_letter(&bus).await;
    assert_eq!((letter.group.as_str(), letter.key.as_str(), letter.attempts), ("search", "poison", 3));
    assert!(letter.cause.contains("refused by the test"), "{letter:?}");
}

#[tokio::test]
async fn a_message_that_ends_its_process_each_time_is_dead_lettered_and_holds_nobody_up() {
    let (_redis, bus, db) = publishing().await;
    send(&db, "killer").await;
    let mut deaths = 0;
    loop {
        send(&db, "innocent").await;
        let mut reading = Reading::start_endless(&bus, "killer");
        let mut innocents = 0;
        // Alone it comes before everything new, so what is new comes at last once it is out of the way.
        while innocents < 2 && reading.next().await != "killer" {
            innocents += 1;
        }
        reading.kill().await;
        if innocents == 2 {
            break;
        }
        deaths += 1;
    }
    let letter = a_dead_letter(&bus).await;
    assert_eq!((letter.key.as_str(), letter.attempts), ("killer", 3));
    assert!(letter.cause.contains("has ended in the middle"), "{letter:?}");
    // Once among others in each place that it has on the stream, and three times alone.
    assert!((4..=5).contains(&deaths), "{deaths} deaths");
}

/// Somebody whom a handler needs is away for the first attempts.
struct Waiting {
    seen: mpsc::UnboundedSender<String>,
    away_for: AtomicUsize,
    /// Whether the message itself is at fault, as shows then.
    faulty: bool,
}

#[async_trait]
impl MessageHandler for Waiting {
    async fn handle(&self, message: &Message) -> Result<()> {
        self.seen.send(message.key.clone()).unwrap();
        let away = self.away_for.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        match away {
            Ok(_) => Err(kit::Transient::new(anyhow::anyhow!("nobody answers")).into()),
            Err(_) if self.faulty => Err(Failure::fault(anyhow::anyhow!("it makes no sense"))),
            Err(_) => Ok(()),
        }
    }
}

#[tokio::test]
async fn a_message_waits_for_whoever_is_away_however_often_it_was_tried() {
    let (_redis, bus, db) = publishing().await;
    send(&db, "patient").await;
    let mut reading =
        Reading::start_with(&bus, "search", |seen| Waiting { seen, away_for: AtomicUsize::new(4), faulty: false });
    for _ in 0..5 {
        assert_eq!(reading.next().await, "patient");
    }
    assert_eq!(Reading::start(&bus, "reviews", None).next().await, "patient");
    until_forgotten(&db).await;
    assert!(DeadLetters::new(bus, &audience()).newest(10).await.unwrap().is_empty());
}

#[tokio::test]
async fn who_was_away_does_not_count_against_the_message() {
    let (_redis, bus, db) = publishing().await;
    send(&db, "faulty").await;
    let away_for = AtomicUsize::new(4);
    let mut reading = Reading::start_with(&bus, "search", |seen| Waiting { seen, away_for, faulty: true });
    for _ in 0..7 {
        assert_eq!(reading.next().await, "faulty");
    }
    assert_eq!(a_dead_letter(&bus).await.attempts, 7, "four of them were nobody's fault");
}

async fn a_dead_letter(bus: &Bus) -> DeadLetter {
    let letters = DeadLetters::new(bus.clone(), &audience());
    within(async || letters.newest(10).await.unwrap().into_iter().next()).await
}

/// Asks until there is an answer.
async fn within<T>(ask: impl AsyncFn() -> Option<T>) -> T {
    let asking = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), asking).await.expect("an answer in time")
}

async fn until_forgotten(db: &TestDb) {
    within(async || (unacknowledged(db).await.unwrap() == 0).then_some(())).await;
}

/// How many marks are noted of messages that somebody has still to handle.
async fn marks(db: &TestDb) -> i64 {
    let count = "SELECT COUNT(*) AS marks FROM outbox_mark";
    let row = db.reader().query_one_raw(Statement::from_string(db.reader().get_database_backend(), count)).await;
    row.unwrap().unwrap().try_get("", "marks").unwrap()
}

#[tokio::test]
async fn a_message_is_kept_until_every_group_has_handled_it() {
    let (_redis, bus, db) = publishing().await;
    send(&db, "news").await;
    assert_eq!(Reading::start(&bus, "search", None).next().await, "news");
    within(async || (marks(&db).await == 1).then_some(())).await;
    assert_eq!(unacknowledged(&db).await.unwrap(), 1, "reviews has not heard it");
    assert_eq!(Reading::start(&bus, "reviews", None).next().await, "news");
    until_forgotten(&db).await;
}

/// What a Redis may do to messages that nobody has read, and to those in somebody's hands.
const LOSSES: [&[&str]; 3] = [
    &["FLUSHALL"],
    &["XTRIM", "mercato:things", "MAXLEN", "0"],
    &["XGROUP", "DELCONSUMER", "mercato:things", "search", "0"],
];

/// Each takes in the mark of one group while the other takes in the other's.
#[tokio::test]
async fn two_replicas_that_share_an_outbox_leave_nothing_in_it() {
    let (_redis, bus, db) = publishing().await;
    keep_publishing(&bus, &db, &audience());
    let mut readings = ["search", "reviews"].map(|group| Reading::start(&bus, group, None));
    let sent: BTreeSet<String> = (0..500).map(|number| number.to_string()).collect();
    for key in &sent {
        send(&db, key).await;
    }
    for reading in &mut readings {
        let mut seen = BTreeSet::new();
        while seen != sent {
            seen.insert(reading.next().await);
        }
    }
    until_forgotten(&db).await;
    assert_eq!(marks(&db).await, 0, "no mark outlives its message");
}

#[tokio::test]
async fn what_redis_loses_is_sent_again_until_it_is_handled() {
    for loss in LOSSES {
        let (_redis, bus, db) = publishing().await;
        // Read by somebody who dies with it in hand, and unread by the other group.
        let mut dying = Reading::start(&bus, "search", Some("precious"));
        send(&db, "precious").await;
        assert_eq!(dying.next().await, "precious");
        dying.kill().await;
        let mut command = redis::cmd(loss[0]);
        command.arg(&loss[1..]).query_async::<redis::Value>(&mut bus.connection()).await.unwrap();
        for group in ["search", "reviews"] {
            assert_eq!(Reading::start(&bus, group, None).next().await, "precious", "{loss:?}");
        }
        until_forgotten(&db).await;
    }
}

#[tokio::test]
async fn a_dead_letter_that_is_replayed_is_handled_by_its_group() {
    let (_redis, bus, db) = publishing().await;
    let poisoned = Reading::start(&bus, "search", Some("poison"));
    let _other = Reading::start(&bus, "reviews", None);
    send(&db, "poison").await;
    let letter = a_dead_letter(&bus).await;
    assert_eq!(unacknowledged(&db).await.unwrap(), 1, "its sender keeps it");
    poisoned.stop.cancel();
    let mut mended = Reading::start(&bus, "search", None);
    let letters = DeadLetters::new(bus.clone(), &audience());
    assert!(letters.replay(&letter).await.unwrap());
    assert_eq!(mended.next().await, "poison");
    until_forgotten(&db).await;
    assert!(letters.newest(10).await.unwrap().is_empty());
    assert!(letters.find(&letter.id).await.unwrap().is_none());
}

/// However long ago they have handled it: whoever remembers nothing of it would handle it again.
#[tokio::test]
async fn of_those_who_act_on_a_dead_letter_at_once_one_does() {
    let (_redis, bus, db) = publishing().await;
    send(&db, "poison").await;
    let _refusing = Reading::start(&bus, "search", Some("poison"));
    let letter = a_dead_letter(&bus).await;
    let letters = DeadLetters::new(bus.clone(), &audience());
    let (replayed, again, dropped) =
        tokio::join!(letters.replay(&letter), letters.replay(&letter), letters.discard(&letter));
    let done = [replayed, again, dropped].into_iter().filter(|done| *done.as_ref().unwrap()).count();
    assert_eq!(done, 1);
    assert!(!letters.discard(&letter).await.unwrap(), "it is not there any more");
}

#[tokio::test]
async fn a_message_comes_again_to_nobody_who_has_handled_it() {
    let redis = TestRedis::start().await;
    let (bus, db) = (redis.bus().await, fresh_db::<Migrator>().await);
    // Longer than a busy machine takes: what is sent twice for want of a mark in time is another matter.
    let patience = DeliverySettings { resend_after_ms: 3_000, ..PATIENCE };
    keep_publishing_with(&bus, &db, &audience(), patience);
    let mut other = Reading::start(&bus, "reviews", None);
    let poisoned = Reading::start(&bus, "search", Some("poison"));
    send(&db, "poison").await;
    a_dead_letter(&bus).await;
    assert_eq!(other.next().await, "poison");
    within(async || (marks(&db).await == 2).then_some(())).await;
    // Lost, and sent again by its sender; then replayed by staff.
    let dead = "mercato:things:dead";
    redis::cmd("DEL").arg(dead).query_async::<()>(&mut bus.connection()).await.unwrap();
    let letter = a_dead_letter(&bus).await;
    poisoned.kill().await;
    let mut mended = Reading::start(&bus, "search", None);
    assert!(DeadLetters::new(bus.clone(), &audience()).replay(&letter).await.unwrap());
    assert_eq!(mended.next().await, "poison");
    until_forgotten(&db).await;
    send(&db, "next").await;
    assert_eq!(other.next().await, "next", "and nothing between");
}

#[tokio::test]
async fn a_dead_letter_that_nobody_acts_on_is_dropped_in_time_and_no_younger_one() {
    let (_redis, bus, db) = publishing().await;
    let _other = Reading::start(&bus, "reviews", None);
    let reading = Reading::start(&bus, "search", Some("poison"));
    send(&db, "poison").await;
    let letter = a_dead_letter(&bus).await;
    reading.kill().await;
    // Laid there as long ago as letters are kept, and a little less long ago.
    let kept = i64::from(PATIENCE.keep_dead_letters_days) * 24 * 3_600_000;
    let old = Clock::system().now().timestamp_millis() - kept;
    redis::cmd("DEL").arg("mercato:things:dead").query_async::<()>(&mut bus.connection()).await.unwrap();
    for (at, id) in [(old - 1, letter.message_id.as_str()), (old + 3_600_000, "01890000-0000-7000-8000-000000000000")] {
        let mut lay = redis::cmd("XADD");
        lay.arg("mercato:things:dead").arg(format!("{at}-0")).arg("id").arg(id).arg("kind").arg(&letter.kind);
        lay.arg("key").arg(&letter.key).arg("body").arg("{}").arg("from").arg("lamps").arg("group").arg("search");
        lay.query_async::<()>(&mut bus.connection()).await.unwrap();
    }
    let letters = DeadLetters::new(bus.clone(), &audience());
    let _mended = Reading::start(&bus, "search", None);
    until_forgotten(&db).await;
    let left = letters.newest(10).await.unwrap();
    assert_eq!(
        left.iter().map(|one| one.message_id.as_str()).collect::<Vec<_>>(),
        ["01890000-0000-7000-8000-000000000000"]
    );
}

#[tokio::test]
async fn a_dead_letter_that_is_dropped_is_forgotten_by_its_sender() {
    let (_redis, bus, db) = publishing().await;
    let _poisoned = Reading::start(&bus, "search", Some("poison"));
    let _other = Reading::start(&bus, "reviews", None);
    send(&db, "poison").await;
    let letter = a_dead_letter(&bus).await;
    assert!(DeadLetters::new(bus.clone(), &audience()).discard(&letter).await.unwrap());
    until_forgotten(&db).await;
}

#[tokio::test]
async fn a_dead_letter_that_is_dropped_stays_so_when_its_sender_is_killed_while_it_hears_of_that() {
    let redis = TestRedis::start().await;
    let (bus, db) = (redis.bus().await, fresh_db::<Migrator>().await);
    let relay = keep_publishing_with(&bus, &db, &audience(), PATIENCE);
    let poisoned = Reading::start(&bus, "search", Some("poison"));
    let _other = Reading::start(&bus, "reviews", None);
    send(&db, "poison").await;
    let letter = a_dead_letter(&bus).await;
    within(async || (marks(&db).await == 2).then_some(())).await;
    poisoned.kill().await;
    relay.abort();
    relay.await.expect_err("it was killed");

    assert!(DeadLetters::new(bus.clone(), &audience()).discard(&letter).await.unwrap());
    // Taken in together with what was dropped, so that its going shows that both are in hand.
    let witness = "mercato:marks:lamps";
    redis::cmd("RPUSH").arg(witness).arg("a witness").query_async::<()>(&mut bus.connection()).await.unwrap();
    let busy = db.begin().await.unwrap();
    busy.execute_unprepared("UPDATE outbox SET attempts = attempts").await.unwrap();
    let relay = keep_publishing_with(&bus, &db, &audience(), PATIENCE);
    within(async || {
        let waiting: usize = redis::cmd("LLEN").arg(witness).query_async(&mut bus.connection()).await.unwrap();
        (waiting == 0).then_some(())
    })
    .await;
    relay.abort();
    relay.await.expect_err("it was killed");
    drop(busy);

    keep_publishing(&bus, &db, &audience());
    until_forgotten(&db).await;
    let dropped = "mercato:marks:lamps:dropped";
    within(async || {
        let waiting: usize = redis::cmd("LLEN").arg(dropped).query_async(&mut bus.connection()).await.unwrap();
        (waiting == 0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_dead_letter_that_redis_loses_comes_to_lie_there_again() {
    let (_redis, bus, db) = publishing().await;
    let _poisoned = Reading::start(&bus, "search", Some("poison"));
    send(&db, "poison").await;
    let first = a_dead_letter(&bus).await;
    redis::cmd("FLUSHALL").query_async::<()>(&mut bus.connection()).await.unwrap();
    let again = a_dead_letter(&bus).await;
    assert_eq!(again.message_id, first.message_id);
}

#[tokio::test]
async fn what_was_handled_long_ago_is_forgotten_and_nothing_younger() {
    let db = fresh_db::<Migrator>().await;
    let message = Message::new("thing.happened.v1", "a", &serde_json::json!({})).unwrap();
    let txn = db.begin().await.unwrap();
    assert!(txn.first_delivery("search", &message).await.unwrap());
    txn.commit().await.unwrap();
    assert_eq!(forget(&db, &Clock::system(), PATIENCE).await.unwrap(), 0);
    let long_after = Clock::manual(Clock::system().now() + chrono::TimeDelta::days(31));
    assert_eq!(forget(&db, &long_after, PATIENCE).await.unwrap(), 1);
}

#[tokio::test]
async fn a_redis_that_forgot_everything_is_read_on() {
    let (_redis, bus, db) = publishing().await;
    let mut reading = Reading::start(&bus, "search", None);
    send(&db, "before").await;
    assert_eq!(reading.next().await, "before");
    redis::cmd("FLUSHALL").query_async::<()>(&mut bus.connection()).await.unwrap();
    send(&db, "after").await;
    // What went before comes again, too: one of its groups has not handled it.
    while reading.next().await != "after" {}
}
