//! All roles in one process, each as its own user of Redis, with no more rights than docs/redis.acl gives it.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use kit::config::Secret;
use kit::messaging::Lag;
use kit::testing::TestRedis;
use kit::{CallerKeys, SealingKey};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_util::sync::DropGuard;

use super::*;
use crate::import;
use crate::migrate;

const USERS: &str = include_str!("../../docs/redis.acl");
const PATIENCE: Duration = Duration::from_secs(60);
const PASSWORD: &str = "correct horse battery staple";

/// A shop whose roles share nothing but Redis and who is allowed what there.
struct Shop {
    redis: TestRedis,
    addresses: Vec<(Role, SocketAddr)>,
    edge: SocketAddr,
    client: reqwest::Client,
    caller: String,
    _folder: TempDir,
    _stop: DropGuard,
}

fn catalogue(folder: &Path) -> std::path::PathBuf {
    let lines = [
        json!({"kind": "header", "format": "mercato-catalogue", "version": 1, "currency": "USD", "generated": ["stock"],
            "sources": [{"name": "A test", "licence": "CC0-1.0", "url": "https://mercato.invalid/"}]}),
        json!({"kind": "category", "id": "kitchen", "name": "Kitchen"}),
        json!({"kind": "location", "id": "north", "name": "North", "latitude": 46.78, "longitude": -92.1, "address":
            {"line1": "1 North Street", "city": "Duluth", "region": "MN", "postalCode": "55802", "country": "US"}}),
        json!({"kind": "product", "id": "mug", "slug": "mug", "title": "Mug", "category": "kitchen", "variants": [
            {"id": "mug", "sku": "MUG", "title": "Mug", "price": {"minor": 1250, "currency": "USD"}, "weightGrams": 400,
            "stock": {"north": 9}}]}),
    ];
    let path = folder.join("catalogue.ndjson");
    std::fs::write(&path, lines.map(|line| format!("{line}\n")).concat()).expect("written");
    path
}

impl Shop {
    async fn open() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let acl = folder.path().join("redis.acl");
        // The test itself may do everything.
        let users = USERS.replace("user default off", "user default on nopass ~* &* +@all");
        let users: String =
            users.lines().filter(|line| !line.starts_with('#')).map(|line| format!("{line}\n")).collect();
        std::fs::write(&acl, users).expect("written");
        let redis = TestRedis::start_with(&["--aclfile", &acl.display().to_string()]).await;
        let stop = CancellationToken::new();

        let mut config = Config::load(None).expect("the defaults");
        config.data = folder.path().join("data");
        config.mail.smtp = Secret::new("smtp://127.0.0.1:1");
        config.mail.links = "https://shop.example".to_owned();
        config.sealing_key = Secret::new(SealingKey::random().expect("entropy").reveal());
        import::command(&catalogue(folder.path()), config.clone()).await.expect("a catalogue");
        let store = users::Store::new(migrate::open(Role::Users, &config).await.expect("a database"), Clock::system());
        for (email, permissions) in [("ada@example.com", &[][..]), ("staff@example.com", &["inventory"][..])] {
            users::ensure_account(&store, email, PASSWORD, "Ada", permissions).await.expect("an account");
        }

        let mut listeners = Vec::new();
        for role in Role::SUBGRAPHS {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            listeners.push((role, listener.local_addr().expect("an address"), listener));
        }
        config.auth.jwks_url = format!("http://{}/.well-known/jwks.json", listeners[0].1);
        let mut addresses = Vec::new();
        for (role, address, listener) in listeners {
            let config = as_user(&config, &redis, role);
            let runtime = runtime(role, &config, stop.clone()).await.expect("a runtime");
            let service = service(role, runtime, config).await.expect("a service");
            tokio::spawn(service.run(listener));
            addresses.push((role, address));
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let edge = listener.local_addr().expect("an address");
        let mut config = as_user(&config, &redis, Role::WebBff);
        config.edge.public_url = format!("http://{edge}");
        config.edge.users_url = format!("http://{}/graphql", addresses[0].1);
        let bus = connect(&config).await.expect("Redis answers");
        tokio::spawn(web_bff::serve(listener, config.edge, config.auth, bus, stop.clone()));

        let keys = CallerKeys::generate("web-bff", Clock::system()).expect("a key");
        keys.publish(&redis.bus().await).await.expect("published");
        let caller = keys.credential(None).expect("a credential").to_str().expect("text").to_owned();
        let client = reqwest::Client::new();
        Self { redis, addresses, edge, client, caller, _folder: folder, _stop: stop.drop_guard() }
    }

    async fn ask(&self, role: Role, headers: &[(&str, &str)], query: &str, variables: Value) -> Value {
        let (_, address) = self.addresses.iter().find(|(one, _)| *one == role).expect("every role listens");
        let mut request =
            self.client.post(format!("http://{address}/graphql")).header("x-mercato-caller", &self.caller);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.json(&json!({"query": query, "variables": variables})).send().await.expect("an answer");
        let mut answer: Value = answer.json().await.expect("JSON");
        assert!(answer["errors"].is_null(), "{role}: {answer}");
        answer["data"].take()
    }

    /// Asks until the answer is as it should be in the end.
    async fn until(&self, role: Role, headers: &[(&str, &str)], query: &str, good: impl Fn(&Value) -> bool) -> Value {
        let asking = async {
            loop {
                let answer = self.ask(role, headers, query, json!({})).await;
                if good(&answer) {
                    return answer;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, asking).await.unwrap_or_else(|_| panic!("{role} never comes to it: {query}"))
    }

    /// What Redis has refused: by whom, and what.
    async fn refusals(&self) -> BTreeSet<String> {
        let mut connection = self.redis.bus().await.connection();
        let log: Vec<std::collections::HashMap<String, redis::Value>> =
            redis::cmd("ACL").arg("LOG").arg(1_000).query_async(&mut connection).await.expect("a log");
        let text = |entry: &std::collections::HashMap<String, redis::Value>, name: &str| match &entry[name] {
            redis::Value::BulkString(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            other => format!("{other:?}"),
        };
        let told = |entry| format!("{} {} {}", text(entry, "username"), text(entry, "reason"), text(entry, "object"));
        log.iter().map(told).collect()
    }

    async fn token(&self, email: &str) -> String {
        let login = "mutation($input: UserLoginInput!) { userLogin(input: $input) { accessToken } }";
        let input = json!({"input": {"email": email, "password": PASSWORD}});
        let answer = self.ask(Role::Users, &[], login, input).await;
        format!("Bearer {}", answer["userLogin"]["accessToken"].as_str().expect("signed in"))
    }
}

fn as_user(config: &Config, redis: &TestRedis, role: Role) -> Config {
    Config { redis: Secret::new(format!("{}?user={role}&pass=PASSWORD", redis.url())), ..config.clone() }
}

async fn somebody_signs_in_and_out(shop: &Shop) {
    let url = |path: &str| format!("http://{}{path}", shop.edge);
    let credentials = json!({"email": "ada@example.com", "password": PASSWORD});
    let answer = shop.client.post(url("/auth/login")).header("x-mercato-csrf", "1").json(&credentials).send().await;
    let answer = answer.expect("an answer");
    assert_eq!(answer.status(), 200, "{:?}", answer.text().await);
    let cookie = answer.headers()["set-cookie"].to_str().expect("text").split(';').next().expect("a cookie").to_owned();
    let session = shop
        .client
        .get(url("/auth/session"))
        .header("cookie", &cookie)
        .header("x-mercato-csrf", "1")
        .send()
        .await
        .expect("an answer");
    assert_eq!(session.status(), 200);
    let out = shop.client.post(url("/auth/logout")).header("cookie", &cookie).header("x-mercato-csrf", "1");
    let out = out.json(&json!({"everywhere": true})).send().await.expect("an answer");
    assert!(out.status().is_success(), "{:?}", out.text().await);
    shop.client
        .get(url("/auth/session"))
        .header("cookie", &cookie)
        .header("x-mercato-csrf", "1")
        .send()
        .await
        .expect("an answer");
}

/// It asks for the catalogue when it starts.
async fn search_has_the_catalogue(shop: &Shop) {
    let (_, search) = shop.addresses.iter().find(|(role, _)| *role == Role::Search).expect("it listens");
    let filled = async {
        while !shop.client.get(format!("http://{search}/ready")).send().await.expect("an answer").status().is_success()
        {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, filled).await.expect("search is filled");
    let found = shop.ask(Role::Search, &[], "{ search(query: \"mug\") { totalCount { value } } }", json!({})).await;
    assert_eq!(found["search"]["totalCount"]["value"], 1);
}

async fn somebody_orders(shop: &Shop) {
    let add =
        "mutation { cartLinesAdd(input: {lines: [{variantId: \"var_mug\", quantity: 1}], idempotencyKey: \"9f0c2d1e-3b4a-4c5d-8e6f-7a8b9c0d1e2f\"}) {
        cartToken cart { id } } }";
    let delivery =
        "query($id: ID!) { cart(id: $id) { version deliveryOptions(country: \"US\") { method total { minor } } } }";
    let submit = "mutation($input: CheckoutSubmitInput!) { checkoutSubmit(input: $input) {
        checkout { id } userErrors { code message } } }";
    let bus = shop.redis.bus().await;
    let caught_up = async {
        for (stream, group) in
            [("catalog.events", "orders"), ("inventory.events", "orders"), ("shipping.events", "orders")]
        {
            while bus.lag(stream, group).await.expect("Redis answers") != Lag::default() {
                tokio::task::yield_now().await;
            }
        }
    };
    tokio::time::timeout(PATIENCE, caught_up).await.expect("orders hears of everything");
    let added = loop {
        let added = shop.ask(Role::Orders, &[], add, json!({})).await["cartLinesAdd"].take();
        if added["cartToken"].is_string() {
            break added;
        }
        tokio::task::yield_now().await;
    };
    let token = added["cartToken"].as_str().expect("a guest's secret");
    let (guest, id) = ([("x-cart-token", token)], added["cart"]["id"].as_str().expect("a cart"));
    let delivery = delivery.replace("query($id: ID!) ", "").replace("$id", &format!("{id:?}"));
    let found = shop.until(Role::Orders, &guest, &delivery, |found| {
        found["cart"]["deliveryOptions"].as_array().is_some_and(|options| !options.is_empty())
    });
    let cart = found.await["cart"].take();
    let input = json!({"cartId": id, "cartVersion": cart["version"], "email": "ada@example.com", "idempotencyKey": "b",
        "expectedTotal": {"minor": cart["deliveryOptions"][0]["total"]["minor"], "currency": "USD"},
        "shippingMethod": cart["deliveryOptions"][0]["method"], "paymentMethodToken": "pm_card_visa",
        "shippingAddress": {"name": "Ada Lovelace", "line1": "1 Main Street", "city": "Springfield", "region": "IL",
            "postalCode": "62701", "country": "US"}});
    let submitted = shop.ask(Role::Orders, &guest, submit, json!({"input": input})).await;
    let id = submitted["checkoutSubmit"]["checkout"]["id"].as_str().unwrap_or_else(|| panic!("{submitted}"));
    let progress = format!("{{ checkout(id: {id:?}) {{ state }} }}");
    shop.until(Role::Orders, &guest, &progress, |found| found["checkout"]["state"] == "COMPLETED").await;
}

async fn somebody_is_handed_their_data(shop: &Shop) {
    let token = shop.token("ada@example.com").await;
    let ada = [("authorization", token.as_str())];
    let begun = shop.ask(Role::Users, &ada, "mutation { userDataExport { dataExport { id } } }", json!({})).await;
    let id = begun["userDataExport"]["dataExport"]["id"].as_str().expect("it has begun");
    let asked = format!("{{ dataExport(id: {id:?}) {{ expiresAt }} }}");
    shop.until(Role::Users, &ada, &asked, |found| found["dataExport"]["expiresAt"].is_string()).await;
}

#[tokio::test]
async fn every_role_gets_along_with_the_rights_in_redis_that_are_written_down_for_it() {
    let shop = Shop::open().await;
    search_has_the_catalogue(&shop).await;
    somebody_signs_in_and_out(&shop).await;
    somebody_orders(&shop).await;
    somebody_is_handed_their_data(&shop).await;
    let mut asked_in_vain: BTreeSet<String> = shop.refusals().await;
    // A role that may not ask how Redis is configured takes its operator's word.
    let no_need = [" command config|get", " command client|setinfo"];
    asked_in_vain.retain(|refused| !no_need.iter().any(|command| refused.ends_with(command)));
    assert_eq!(asked_in_vain, BTreeSet::new());

    let mut connection = shop.redis.bus().await.connection();
    let mut checked = 0;
    for role in Role::SUBGRAPHS {
        let commands: [&[&str]; 4] = [
            &["SET", "mercato:callers:mallory", "x"],
            &["GET", "mercato:session:x"],
            &["FLUSHALL"],
            &["CONFIG", "SET", "appendonly", "no"],
        ];
        for command in commands {
            let mut dry = redis::cmd("ACL");
            dry.arg("DRYRUN").arg(role.name()).arg(command);
            let said: String = dry.query_async(&mut connection).await.expect("an answer");
            assert_ne!(said, "OK", "{role} may {command:?}");
            checked += 1;
        }
    }
    assert_eq!(checked, 32);
}
