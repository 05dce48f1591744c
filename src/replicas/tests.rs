//! Replicas of search and a catalog, with the messages between them, on the engine under test.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use kit::config::Secret;
use kit::messaging::{Bus, unacknowledged};
use kit::service::instance::Instance;
use kit::testing::{TestDb, TestRedis, callers, credential, fresh_db};
use kit::{Clock, Runtime};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::*;
use crate::serve;

const PRODUCTS: usize = 450;
const IN_TIME: Duration = Duration::from_secs(120);

#[tokio::test]
async fn one_replica_or_all_are_told_to_build_anew() {
    let redis = TestRedis::start().await;
    let bus = redis.bus().await;
    let none = rebuild(&bus, None).await.expect_err("there is none").to_string();
    assert!(none.contains("no replica of search"), "{none}");
    for group in ["orders", "search@a", "search@b"] {
        bus.renew_group(CATALOG_EVENTS, group, "0").await.expect("made");
    }
    let unknown = rebuild(&bus, Some("c")).await.expect_err("there is none of that name").to_string();
    assert!(unknown.contains("`c`") && unknown.contains("a, b"), "{unknown}");
    rebuild(&bus, Some("a")).await.expect("told");
    assert_eq!(bus.groups(CATALOG_EVENTS).await.expect("listed"), ["orders", "search@b"]);
    bus.renew_group(CATALOG_EVENTS, "search@a", "0").await.expect("made");
    rebuild(&bus, None).await.expect("told");
    assert_eq!(bus.groups(CATALOG_EVENTS).await.expect("listed"), ["orders"]);
}

/// A catalog, and everybody who hears of its changes, in one process.
struct Shop {
    config: Config,
    redis: TestRedis,
    bus: Bus,
    catalog: TestDb,
    search: TestDb,
    client: reqwest::Client,
    folder: TempDir,
    _others: Vec<TestDb>,
    _stop: DropGuard,
}

struct Replica {
    address: SocketAddr,
    folder: PathBuf,
    stop: CancellationToken,
    run: JoinHandle<anyhow::Result<()>>,
}

impl Shop {
    async fn open() -> Self {
        let (redis, folder) = (TestRedis::start().await, tempfile::tempdir().expect("a folder"));
        let mut config = Config::load(None).expect("the defaults");
        config.data = folder.path().join("others");
        std::fs::create_dir_all(&config.data).expect("a folder");
        config.redis = Secret::new(redis.url());
        config.messages.claim_every_ms = 200;
        config.messages.resend_after_ms = 500;
        config.messages.forget_group_after_ms = 6_000;
        let catalog = fresh_db::<migrations::catalog::Migrator>().await;
        let search = fresh_db::<migrations::search::Migrator>().await;
        let others = [
            (Role::Inventory, fresh_db::<migrations::inventory::Migrator>().await),
            (Role::Orders, fresh_db::<migrations::orders::Migrator>().await),
            (Role::Reviews, fresh_db::<migrations::reviews::Migrator>().await),
        ];
        let (bus, stop) = (redis.bus().await, CancellationToken::new());
        let roles = others.iter().map(|(role, db)| (*role, db)).chain([(Role::Catalog, &catalog)]);
        for (role, db) in roles {
            serve_role(role, &config, (**db).clone(), &stop).await;
        }
        let others = others.into_iter().map(|(_, db)| db).collect();
        let client = reqwest::Client::new();
        let shop =
            Self { config, redis, bus, catalog, search, client, folder, _others: others, _stop: stop.drop_guard() };
        shop.store().import_categories(&[line(json!({"id": "kitchen", "name": "Kitchen"}))]).await.expect("a category");
        let all: Vec<_> = (0..PRODUCTS).map(|number| product(number, "Mug")).collect();
        let landed = shop.store().import_products(&all).await.expect("products");
        assert_eq!((landed.changed, landed.rejected.len()), (PRODUCTS, 0));
        shop
    }

    fn store(&self) -> catalog::Store {
        catalog::Store::new((*self.catalog).clone())
    }

    async fn rename(&self, number: usize, title: &str) {
        let landed = self.store().import_products(&[product(number, title)]).await.expect("a product");
        assert_eq!(landed.changed, 1);
    }

    async fn replica(&self, name: &str) -> Replica {
        self.replica_in(name, &self.folder.path().join(name)).await
    }

    async fn replica_in(&self, name: &str, folder: &Path) -> Replica {
        let config = Config { data: folder.to_owned(), instance: name.to_owned(), ..self.config.clone() };
        std::fs::create_dir_all(folder).expect("a folder");
        let stop = CancellationToken::new();
        let runtime = serve::runtime(Role::Search, &config, stop.clone()).await.expect("a runtime");
        let instance = Instance::claim(&runtime.bus, runtime.role, &runtime.instance).await.expect("its name is free");
        let runtime = Runtime { db: (*self.search).clone(), callers: callers(), ..runtime };
        let service = serve::service(Role::Search, runtime, config).await.expect("a service").under(instance);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        Replica { address, folder: folder.to_owned(), stop, run: tokio::spawn(service.run(listener)) }
    }

    async fn ready(&self, replica: &Replica) -> (bool, String) {
        let answer = self.client.get(format!("http://{}/ready", replica.address)).send().await.expect("an answer");
        (answer.status().is_success(), answer.text().await.expect("text"))
    }

    /// Waits until a replica has the catalogue and nothing of it is on its way.
    async fn until_whole(&self, name: &str, replica: &Replica) {
        let group = replica_group("search", name);
        in_time(&format!("{name} is whole"), async || {
            let hears = self.bus.groups(CATALOG_EVENTS).await.expect("listed").contains(&group);
            hears && self.ready(replica).await == (true, "ready\n".to_owned())
        })
        .await;
    }

    /// Every product that a replica finds, with its title.
    async fn found(&self, replica: &Replica) -> BTreeMap<String, String> {
        let query = "query($after: String) { search(query: \"\", first: 100, after: $after) {
            hits { product { id title } } pageInfo { hasNextPage endCursor } } }";
        let (mut found, mut after) = (BTreeMap::new(), Value::Null);
        loop {
            let asked = json!({"query": query, "variables": {"after": after}});
            let request = self.client.post(format!("http://{}/graphql", replica.address)).json(&asked);
            let answer: Value = request
                .header("x-mercato-caller", credential())
                .send()
                .await
                .expect("an answer")
                .json()
                .await
                .expect("JSON");
            let page = &answer["data"]["search"];
            let hits = page["hits"].as_array().unwrap_or_else(|| panic!("{answer}"));
            let text = |hit: &Value, field: &str| hit["product"][field].as_str().expect("text").to_owned();
            found.extend(hits.iter().map(|hit| (text(hit, "id"), text(hit, "title"))));
            if page["pageInfo"]["hasNextPage"] != true {
                return found;
            }
            after = page["pageInfo"]["endCursor"].clone();
        }
    }

    /// All replicas find the same, which is every product by its present title, and nobody waits for a message.
    async fn all_agree(&self, replicas: &[&Replica], renamed: &BTreeMap<usize, &str>) {
        let title = |number: usize| renamed.get(&number).copied().unwrap_or("Mug").to_owned();
        let expected: BTreeMap<String, String> =
            (0..PRODUCTS).map(|number| (format!("prod_mug-{number}"), title(number))).collect();
        for replica in replicas {
            in_time("it finds what there is", async || self.found(replica).await == expected).await;
        }
        in_time("the outbox is empty", async || unacknowledged(&self.catalog).await.expect("rows") == 0).await;
        in_time("no request waits", async || unacknowledged(&self.search).await.expect("rows") == 0).await;
    }
}

impl Replica {
    async fn end(self) -> PathBuf {
        self.stop.cancel();
        self.run.await.expect("no panic").expect("it stops");
        self.folder
    }
}

async fn serve_role(role: Role, config: &Config, db: kit::Db, stop: &CancellationToken) {
    let runtime = serve::runtime(role, config, stop.clone()).await.expect("a runtime");
    let runtime = Runtime { db, clock: Clock::system(), ..runtime };
    let service = serve::service(role, runtime, config.clone()).await.expect("a service");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    tokio::spawn(service.run(listener));
}

fn line<T: serde::de::DeserializeOwned>(line: Value) -> T {
    serde_json::from_value(line).expect("a line")
}

fn product(number: usize, title: &str) -> catalog::import::ProductLine {
    let id = format!("mug-{number}");
    line(json!({"id": id, "slug": id, "title": title, "category": "kitchen", "variants": [
        {"id": id, "sku": id, "title": title, "price": {"minor": 1250, "currency": "USD"}}]}))
}

async fn in_time(what: &str, is: impl AsyncFn() -> bool) {
    let looking = async {
        while !is().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(IN_TIME, looking).await.unwrap_or_else(|_| panic!("never: {what}"));
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("the folder").flatten() {
        let (path, copied) = (entry.path(), to.join(entry.file_name()));
        match path.is_dir() {
            true => copy(&path, &copied),
            false => drop(std::fs::copy(&path, &copied).expect("copied")),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_agree_after_scale_out_flush_renaming_and_replacement() {
    let shop = Shop::open().await;
    let mut renamed = BTreeMap::new();
    let (a, b) = (shop.replica("a").await, shop.replica("b").await);
    for (name, replica) in [("a", &a), ("b", &b)] {
        shop.until_whole(name, replica).await;
    }
    shop.all_agree(&[&a, &b], &renamed).await;

    // Scale-out, long after everything was told.
    let c = shop.replica("c").await;
    let (ready, said) = shop.ready(&c).await;
    assert!(!ready, "it has nothing yet: {said}");
    shop.rename(7, "Renamed while it fills").await;
    renamed.insert(7, "Renamed while it fills");
    shop.until_whole("c", &c).await;
    shop.all_agree(&[&a, &b, &c], &renamed).await;

    // Redis forgets everything, and what changes meanwhile.
    redis::cmd("FLUSHALL").query_async::<()>(&mut shop.bus.connection()).await.expect("emptied");
    shop.rename(8, "Renamed while Redis was empty").await;
    renamed.insert(8, "Renamed while Redis was empty");
    for (name, replica) in [("a", &a), ("b", &b), ("c", &c)] {
        assert!(shop.ready(replica).await.0, "it goes on with what it has");
        shop.until_whole(name, replica).await;
    }
    shop.all_agree(&[&a, &b, &c], &renamed).await;

    // One comes back under another name, and has missed something.
    let folder = b.end().await;
    shop.rename(9, "Renamed while it was away").await;
    renamed.insert(9, "Renamed while it was away");
    let d = shop.replica_in("d", &folder).await;
    assert!(shop.ready(&d).await.0, "it goes on with what it has");
    shop.until_whole("d", &d).await;
    // Its former name is waited for until it has been silent for long.
    shop.all_agree(&[&a, &c, &d], &renamed).await;
    assert!(!shop.bus.groups(CATALOG_EVENTS).await.expect("listed").contains(&"search@b".to_owned()));

    // One comes back with an empty folder, then with a copy of another's.
    let folder = c.end().await;
    std::fs::remove_dir_all(&folder).expect("removed");
    let c = shop.replica("c").await;
    assert!(!shop.ready(&c).await.0, "it has nothing");
    shop.until_whole("c", &c).await;
    shop.all_agree(&[&a, &c, &d], &renamed).await;
    let folder = c.end().await;
    std::fs::remove_dir_all(&folder).expect("removed");
    copy(&a.folder, &folder);
    shop.rename(10, "Renamed after it was copied").await;
    renamed.insert(10, "Renamed after it was copied");
    let c = shop.replica("c").await;
    shop.until_whole("c", &c).await;
    shop.all_agree(&[&a, &c, &d], &renamed).await;

    // All build anew when they are told to.
    rebuild(&shop.bus, None).await.expect("told");
    for (name, replica) in [("a", &a), ("c", &c), ("d", &d)] {
        shop.until_whole(name, replica).await;
    }
    shop.all_agree(&[&a, &c, &d], &renamed).await;
    for replica in [a, c, d] {
        replica.end().await;
    }
    drop(shop.redis);
}
