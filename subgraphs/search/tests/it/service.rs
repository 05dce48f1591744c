//! The service with its messages, and a catalog that the test plays.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use kit::Runtime;
use kit::graphql::guard::Limits;
use kit::identity::token::{AuthSettings, Verifier};
use kit::messaging::{Bus, DeliverySettings, Message, Subscribers, unacknowledged};
use kit::testing::{TestDb, TestRedis, fresh_db, manual_clock, sent};
use search::{Index, service};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::shop::{assortment, product, tell};
use crate::writing::Blocked;

const EVENTS: &str = "catalog.events";
const RESENT: &str = "catalog.resent.search";
const IN_TIME: Duration = Duration::from_secs(60);

fn audience() -> Subscribers {
    Subscribers::of([
        (EVENTS, &["search@"][..]),
        (RESENT, &["search@"][..]),
        // Nobody: what is asked stays in the outbox, where the test reads it.
        ("catalog.commands", &["catalog"][..]),
    ])
}

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
        subscribers: audience(),
        patience: DeliverySettings::default(),
        limits,
        list_sizes: Default::default(),
        timeout: Duration::from_secs(10),
        data: data.to_owned(),
        stop: Default::default(),
    }
}

/// A replica that runs.
struct Replica {
    address: SocketAddr,
    stop: CancellationToken,
    run: JoinHandle<anyhow::Result<()>>,
}

impl Replica {
    async fn start(redis: &TestRedis, db: &TestDb, data: &Path, instance: &str) -> Self {
        let runtime = runtime(redis, db, data, instance).await;
        let stop = runtime.stop.clone();
        let service = service(runtime).await.expect("it starts");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        Self { address, stop, run: tokio::spawn(service.run(listener)) }
    }

    /// What `/ready` answers.
    async fn ready(&self) -> (bool, String) {
        let mut connection = TcpStream::connect(self.address).await.expect("it listens");
        connection.write_all(b"GET /ready HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await.expect("asked");
        let mut answer = String::new();
        connection.read_to_string(&mut answer).await.expect("answered");
        let (head, body) = answer.split_once("\r\n\r\n").expect("HTTP");
        (head.starts_with("HTTP/1.1 200"), body.to_owned())
    }

    async fn until_ready(&self, is: impl Fn(bool, &str) -> bool) -> String {
        in_time(async || {
            let (ready, said) = self.ready().await;
            is(ready, &said).then_some(said)
        })
        .await
    }

    async fn end(self) {
        self.stop.cancel();
        self.run.await.expect("no panic").expect("it stops");
    }
}

/// What `look` finds, once it finds something.
async fn in_time<T>(look: impl AsyncFn() -> Option<T>) -> T {
    let looking = async {
        loop {
            match look().await {
                Some(found) => return found,
                None => tokio::task::yield_now().await,
            }
        }
    };
    tokio::time::timeout(IN_TIME, looking).await.expect("in time")
}

/// The catalog, as the test plays it: what was asked of it, and what it answers. Its messages go through the outbox of a
/// database of its own.
struct Catalog {
    db: TestDb,
    relay: CancellationToken,
}

impl Catalog {
    async fn open(bus: &Bus) -> Self {
        let db = fresh_db::<migrations::search::Migrator>().await;
        let relay = CancellationToken::new();
        let (clock, patience) =
            (kit::Clock::system(), DeliverySettings { resend_after_ms: 200, ..DeliverySettings::default() });
        let publishing = kit::messaging::Relay::new((*db).clone(), bus.clone(), clock, "catalog", audience(), patience);
        tokio::spawn(publishing.run(relay.clone()));
        Self { db, relay }
    }

    async fn tell(&self, stream: &str, body: Value) {
        let message = Message::new("catalog.products_changed.v1", "a", &body).expect("a message");
        let txn = self.db.begin().await.expect("a transaction");
        txn.send(stream, &message).await.expect("sent");
        txn.commit().await.expect("committed");
    }

    async fn changed(&self, product: Value) {
        self.tell(EVENTS, json!({"products": [product]})).await;
    }

    /// One part of an answer to a request.
    async fn part(&self, request: &str, run: &str, part: u32, last: bool, products: &[Value]) {
        let resend = json!({"run": run, "requests": [request], "part": part, "last": last, "total": 10});
        self.tell(RESENT, json!({"products": products, "resend": resend})).await;
    }

    /// Whole.
    async fn answer(&self, request: &str) {
        let all = assortment();
        self.part(request, request, 0, false, &all[..5]).await;
        self.part(request, request, 1, true, &all[5..]).await;
    }

    async fn until_all_is_marked(&self) {
        in_time(async || (unacknowledged(&self.db).await.expect("the outbox") == 0).then_some(())).await;
    }
}

impl Drop for Catalog {
    fn drop(&mut self) {
        self.relay.cancel();
    }
}

/// The request that was made last, once `so_many` were.
async fn asked(db: &TestDb, so_many: usize) -> String {
    in_time(async || {
        let sent = sent(db).await;
        let last = &sent.get(so_many - 1)?.1;
        assert_eq!((last.kind.as_str(), &last.body["to"]), ("catalog.resend_products.v1", &json!("search")));
        Some(last.body["request"].as_str().expect("a request").to_owned())
    })
    .await
}

struct Shop {
    redis: TestRedis,
    bus: Bus,
    db: TestDb,
    catalog: Catalog,
    folder: TempDir,
}

impl Shop {
    async fn open() -> Self {
        let redis = TestRedis::start().await;
        let (bus, db) = (redis.bus().await, fresh_db::<migrations::search::Migrator>().await);
        let catalog = Catalog::open(&bus).await;
        Self { redis, bus, db, catalog, folder: tempfile::tempdir().expect("a folder") }
    }

    async fn replica(&self, instance: &str) -> Replica {
        Replica::start(&self.redis, &self.db, self.folder.path(), instance).await
    }

    fn products(&self) -> u64 {
        Index::open(self.folder.path()).expect("the index").len()
    }
}

#[tokio::test]
async fn a_new_replica_is_ready_when_it_has_the_whole_catalogue_and_not_before() {
    let shop = Shop::open().await;
    let replica = shop.replica("a").await;
    let request = asked(&shop.db, 1).await;
    let (ready, said) = replica.ready().await;
    assert!(!ready && said.contains("filling"), "{said}");
    // One change is all that it hears of by itself.
    shop.catalog.changed(assortment()[9].clone()).await;
    shop.catalog.part(&request, "first", 1, true, &assortment()[5..]).await;
    let said = replica.until_ready(|_, said| said.contains("5 of 10")).await;
    assert_eq!(said, "filling: 5 of 10 products\n");
    // A part of another answer completes nothing.
    shop.catalog.part(&request, "second", 0, false, &assortment()[..5]).await;
    replica.until_ready(|ready, said| !ready && said.contains("10 of 10")).await;
    shop.catalog.part(&request, "first", 0, false, &assortment()[..5]).await;
    replica.until_ready(|ready, _| ready).await;
    assert_eq!(replica.ready().await, (true, "ready\n".to_owned()));
    shop.catalog.until_all_is_marked().await;
    replica.end().await;
    assert_eq!(shop.products(), 10);
    assert_eq!(sent(&shop.db).await.len(), 1, "asked once");
}

#[tokio::test]
async fn a_replica_that_starts_again_under_its_name_goes_on_and_asks_for_nothing() {
    let shop = Shop::open().await;
    let replica = shop.replica("a").await;
    shop.catalog.answer(&asked(&shop.db, 1).await).await;
    replica.until_ready(|ready, _| ready).await;
    replica.end().await;
    shop.catalog.changed(product("new", "Wooden spoon", "Spoons", &["Kitchen"], 100, "2020-01-01")).await;
    let replica = shop.replica("a").await;
    assert_eq!(replica.ready().await, (true, "ready\n".to_owned()));
    shop.catalog.until_all_is_marked().await;
    replica.end().await;
    assert_eq!((shop.products(), sent(&shop.db).await.len()), (11, 1));
}

#[tokio::test]
async fn a_replica_under_another_name_serves_what_it_has_and_asks_for_the_rest() {
    let shop = Shop::open().await;
    let replica = shop.replica("a").await;
    shop.catalog.answer(&asked(&shop.db, 1).await).await;
    replica.until_ready(|ready, _| ready).await;
    replica.end().await;
    let replica = shop.replica("b").await;
    let request = asked(&shop.db, 2).await;
    let (ready, said) = replica.ready().await;
    assert!(ready && said.contains("may be behind; filling"), "{said}");
    shop.catalog.answer(&request).await;
    replica.until_ready(|ready, said| ready && said == "ready\n").await;
    replica.end().await;
    assert_eq!(shop.bus.groups(EVENTS).await.expect("listed"), ["search@a", "search@b"]);
}

#[tokio::test]
async fn a_replica_whose_group_was_lost_asks_for_what_it_may_have_missed() {
    let shop = Shop::open().await;
    let replica = shop.replica("a").await;
    shop.catalog.answer(&asked(&shop.db, 1).await).await;
    replica.until_ready(|ready, _| ready).await;
    redis::cmd("FLUSHALL").query_async::<()>(&mut shop.bus.connection()).await.expect("emptied");
    let request = asked(&shop.db, 2).await;
    assert!(replica.ready().await.0, "it serves what it has");
    // In the meantime one has gone and another has come.
    let mut now = assortment();
    now[9] = product("new", "Wooden spoon", "Spoons", &["Kitchen"], 100, "2020-01-01");
    shop.catalog.part(&request, "only", 0, true, &now).await;
    replica.until_ready(|ready, said| ready && said == "ready\n").await;
    shop.catalog.until_all_is_marked().await;
    replica.end().await;
    assert_eq!(shop.products(), 11, "and it remembers that there was one");
}

#[tokio::test]
async fn a_replica_whose_folder_was_replaced_is_filled_though_its_group_is_there() {
    let shop = Shop::open().await;
    let replica = shop.replica("a").await;
    shop.catalog.answer(&asked(&shop.db, 1).await).await;
    replica.until_ready(|ready, _| ready).await;
    replica.end().await;
    let other = tempfile::tempdir().expect("a folder");
    let replica = Replica::start(&shop.redis, &shop.db, other.path(), "a").await;
    let request = asked(&shop.db, 2).await;
    assert!(!replica.ready().await.0);
    shop.catalog.answer(&request).await;
    replica.until_ready(|ready, _| ready).await;
    replica.end().await;
    assert_eq!(Index::open(other.path()).expect("the index").len(), 10);
}

#[tokio::test]
async fn a_replica_whose_folder_was_set_back_is_filled() {
    let shop = Shop::open().await;
    let replica = shop.replica("a").await;
    shop.catalog.answer(&asked(&shop.db, 1).await).await;
    replica.until_ready(|ready, _| ready).await;
    replica.end().await;
    let (copy, now) = (tempfile::tempdir().expect("a folder"), shop.folder.path());
    let copied = std::process::Command::new("cp").arg("-r").arg(now.join(".")).arg(copy.path()).status();
    assert!(copied.expect("it runs").success());
    let replica = shop.replica("a").await;
    shop.catalog.changed(product("new", "Wooden spoon", "Spoons", &["Kitchen"], 100, "2020-01-01")).await;
    shop.catalog.until_all_is_marked().await;
    replica.end().await;
    let replica = Replica::start(&shop.redis, &shop.db, copy.path(), "a").await;
    let request = asked(&shop.db, 2).await;
    let mut now = assortment();
    now.push(product("new", "Wooden spoon", "Spoons", &["Kitchen"], 100, "2020-01-01"));
    shop.catalog.part(&request, "only", 0, true, &now).await;
    replica.until_ready(|_, said| said == "ready\n").await;
    replica.end().await;
    assert_eq!(Index::open(copy.path()).expect("the index").len(), 11);
    let replica = Replica::start(&shop.redis, &shop.db, copy.path(), "a").await;
    assert_eq!(replica.ready().await.1, "ready\n", "and goes on from there");
    replica.end().await;
}

#[tokio::test]
async fn a_replica_that_ends_in_the_middle_begins_again() {
    let shop = Shop::open().await;
    let replica = shop.replica("a").await;
    let request = asked(&shop.db, 1).await;
    shop.catalog.part(&request, "first", 0, false, &assortment()[..5]).await;
    replica.until_ready(|_, said| said.contains("5 of 10")).await;
    replica.end().await;
    let replica = shop.replica("a").await;
    let again = asked(&shop.db, 2).await;
    assert_ne!(request, again, "what it had heard is forgotten");
    assert!(!replica.ready().await.0);
    shop.catalog.part(&request, "first", 1, true, &assortment()[5..]).await;
    shop.catalog.answer(&again).await;
    replica.until_ready(|ready, _| ready).await;
    replica.end().await;
    assert_eq!(shop.products(), 10);
}

#[tokio::test]
async fn an_index_of_a_release_that_did_not_say_serves_until_it_is_filled() {
    let shop = Shop::open().await;
    let index = Index::open(shop.folder.path()).expect("an index");
    tell(&index, &assortment()[..3]).await;
    drop(index);
    // As one of such a release: no word of what it knows of itself.
    for entry in std::fs::read_dir(shop.folder.path()).expect("the folder").flatten() {
        let meta = entry.path().join("meta.json");
        let mut said: Value = serde_json::from_slice(&std::fs::read(&meta).expect("meta")).expect("JSON");
        said["payload"] = Value::Null;
        std::fs::write(&meta, said.to_string()).expect("written");
    }
    let replica = shop.replica("a").await;
    let request = asked(&shop.db, 1).await;
    assert!(replica.ready().await.0);
    shop.catalog.answer(&request).await;
    replica.until_ready(|_, said| said == "ready\n").await;
    replica.end().await;
    assert_eq!(shop.products(), 10);
}

#[tokio::test]
async fn a_replica_whose_index_cannot_be_written_serves_on_says_so_and_takes_what_waited_later() {
    let shop = Shop::open().await;
    let replica = shop.replica("a").await;
    shop.catalog.answer(&asked(&shop.db, 1).await).await;
    replica.until_ready(|ready, _| ready).await;
    let blocked = Blocked::under(shop.folder.path());
    shop.catalog.changed(product("new", "Wooden spoon", "Spoons", &["Kitchen"], 100, "2020-01-01")).await;
    let said = replica.until_ready(|_, said| said.contains("the index takes no changes now: ")).await;
    assert!(replica.ready().await.0, "{said}");
    blocked.give_back();
    replica.until_ready(|ready, said| ready && said == "ready\n").await;
    shop.catalog.until_all_is_marked().await;
    replica.end().await;
    assert_eq!((shop.products(), sent(&shop.db).await.len()), (11, 1), "and asks for nothing");
}
