//! A shop as a cluster runs it: two processes of every role and of the router, each name behind a balancer, on a database
//! and a Redis that can be cut off.

mod balancer;
mod link;
mod load;
mod process;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use futures::future::join_all;
use kit::testing::TestRedis;

pub use self::balancer::{Balancer, LEARNS_AFTER};
pub use self::link::Link;
pub use self::load::{Load, Tally};
pub use self::process::Process;
use crate::chaos::books::Books;
use crate::{Premises, Shop, mercato};

/// Every role that has replicas, in the order in which an operator would renew them (`docs/replicas.md`).
pub const ROLES: [&str; 10] =
    ["users", "catalog", "inventory", "search", "orders", "payments", "shipping", "reviews", ROUTER, EDGE];
const ROUTER: &str = "router";
const EDGE: &str = "web-bff";
const REPLICAS: usize = 2;
const LOOKS_AGAIN: Duration = Duration::from_millis(50);
const READY_WITHIN: Duration = Duration::from_secs(120);

pub struct Fleet {
    pub books: Books,
    /// The line to Redis.
    pub redis: Link,
    /// The line to Postgres; none on SQLite.
    pub database: Option<Link>,
    premises: Premises,
    /// What the database is called over that line.
    database_url: String,
    server: TestRedis,
    names: Vec<(&'static str, Balancer)>,
    replicas: Vec<Replica>,
    /// How many replicas there have been: each has a name of its own.
    started: usize,
}

struct Replica {
    role: &'static str,
    name: String,
    address: SocketAddr,
    process: Process,
}

/// What a replica did until it was told to stop.
#[derive(Clone, Debug)]
pub struct Served {
    pub role: &'static str,
    pub connections: usize,
    pub requests: u64,
    pub messages: u64,
    /// How long it took to stop.
    pub stopped_in: Duration,
}

impl Fleet {
    /// A shop with a small catalogue, run by `program`, ready and settled.
    pub async fn open(program: &Path) -> Self {
        let premises = Premises::fresh().await;
        Shop::open(&premises).stop();
        let books = Books::open(&premises).await;
        let server = TestRedis::start_with(&["--appendonly", "yes", "--maxmemory-policy", "noeviction"]).await;
        let socket = server.url().trim_start_matches("unix://").to_owned();
        let redis = Link::to(link::Server(socket)).await;
        let (database, database_url) = line_to(premises.database()).await;
        let mut names = Vec::new();
        for role in ROLES {
            names.push((role, Balancer::open().await));
        }
        let mut fleet =
            Self { books, redis, database, premises, database_url, server, names, replicas: Vec::new(), started: 0 };
        fleet.add(&[ROLES, ROLES].concat(), program).await;
        let settled = fleet.settle(READY_WITHIN).await;
        assert!(settled.is_ok(), "a shop that nobody has used is settled: {settled:?}");
        fleet
    }

    /// Where the shop is.
    pub fn shop(&self) -> String {
        self.at(EDGE)
    }

    pub fn redis_url(&self) -> &str {
        self.server.url()
    }

    fn balancer(&self, role: &str) -> &Balancer {
        self.names.iter().find(|(name, _)| *name == role).map(|(_, balancer)| balancer).expect("a role of ours")
    }

    fn at(&self, role: &str) -> String {
        format!("http://{}", self.balancer(role).address())
    }

    /// How many connections came to nothing since this was asked last, by role, where there were any.
    pub fn failed_connections(&self) -> Vec<(&'static str, usize)> {
        let all = self.names.iter().map(|(role, balancer)| (*role, balancer.take_failed()));
        all.filter(|(_, failed)| *failed > 0).collect()
    }

    /// What each replica says at `/ready`, by its role: those of the router say less.
    pub async fn readiness(&self) -> Vec<(&'static str, u16, String)> {
        let mut all = Vec::new();
        for replica in self.replicas.iter().filter(|one| one.role != ROUTER) {
            let said = match reqwest::get(format!("http://{}/ready", replica.address)).await {
                Ok(answer) => (answer.status().as_u16(), answer.text().await.unwrap_or_default()),
                Err(cause) => (0, cause.to_string()),
            };
            all.push((replica.role, said.0, said.1.trim().to_owned()));
        }
        all
    }

    /// What the processes between a shopper and a subgraph have warned of, the latest last.
    pub fn warnings(&self, most: usize) -> Vec<String> {
        let logs = std::fs::read_dir(self.premises.data().join("logs")).into_iter().flatten().flatten();
        let mut lines: Vec<String> = Vec::new();
        for log in logs.map(|entry| entry.path()) {
            let name = log.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            if !name.starts_with(ROUTER) && !name.starts_with(EDGE) {
                continue;
            }
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            let warned = said.lines().filter(|line| line.contains("WARN") || line.contains("ERROR"));
            lines.extend(warned.map(|line| format!("{name}: {line}")));
        }
        lines.split_off(lines.len().saturating_sub(most))
    }

    /// Starts another replica of each of these, and waits until their balancers send somebody there.
    async fn add(&mut self, roles: &[&'static str], program: &Path) {
        let before = self.replicas.len();
        for &role in roles {
            let replica = self.start(role, program).await;
            self.replicas.push(replica);
        }
        let until = Instant::now() + READY_WITHIN;
        for at in before..self.replicas.len() {
            let (role, address) = (self.replicas[at].role, self.replicas[at].address);
            while !self.balancer(role).believes_ready(address) {
                let Replica { name, process, .. } = &mut self.replicas[at];
                assert!(!process.has_ended() && Instant::now() < until, "{name} is not ready: {}", process.said());
                tokio::time::sleep(LOOKS_AGAIN).await;
            }
        }
    }

    async fn start(&mut self, role: &'static str, program: &Path) -> Replica {
        self.started += 1;
        let name = format!("{role}-{}", self.started);
        let log = self.premises.data().join(format!("logs/{name}.log"));
        let (command, says, probe) = match role {
            // What is to listen at the same address listens there together.
            ROUTER => (self.router(), "GraphQL endpoint exposed at", "/health?ready"),
            EDGE => (self.serve(role, &name, program), "the edge is up", "/ready"),
            _ => (self.serve(role, &name, program), " is up", "/ready"),
        };
        let mut process = Process::start(&name, command, &log);
        let address = process.address_in(says).await;
        self.balancer(role).add(address, format!("http://{address}{probe}"));
        Replica { role, name, address, process }
    }

    /// Renews each replica of a role, one at a time: a new one is ready before an old one is told to stop.
    pub async fn renew(&mut self, role: &'static str, program: &Path) -> Vec<Served> {
        let mut served = Vec::new();
        for _ in 0..REPLICAS {
            let first = self.replicas.iter().position(|one| one.role == role).expect("each role has replicas");
            let old = self.replicas.remove(first);
            self.add(&[role], program).await;
            served.push(self.retire(old).await);
        }
        served
    }

    async fn retire(&self, replica: Replica) -> Served {
        let Replica { role, address, process, .. } = replica;
        let said = figures(address).await;
        // The router closes its port as soon as it is told to stop, so its operator takes it away from the balancer first.
        let before = (role == ROUTER).then(|| self.balancer(role).remove(address));
        if before.is_some() {
            tokio::time::sleep(LEARNS_AFTER).await;
        }
        let stopped_in = process.stop().await;
        let connections = before.unwrap_or_else(|| self.balancer(role).remove(address));
        Served { role, connections, requests: said.0, messages: said.1, stopped_in }
    }

    /// Stops every replica at once.
    pub async fn close(mut self) {
        let all = std::mem::take(&mut self.replicas);
        join_all(all.into_iter().map(|replica| self.retire(replica))).await;
    }

    /// Waits until nothing is left to do. An error names what is still open.
    pub async fn settle(&self, within: Duration) -> Result<Duration, Vec<String>> {
        self.books.settle(self.redis_url(), within).await
    }

    fn serve(&self, role: &str, name: &str, program: &Path) -> Command {
        let data = self.premises.data();
        // An index is a replica's own.
        let own = if role == "search" { data.join(name) } else { data.clone() };
        let mut command = Command::new(mercato());
        command
            .args(["leash", "--"])
            .arg(program)
            .args(["serve", role])
            .env("MERCATO_DATA", own)
            .env("MERCATO_LISTEN", "127.0.0.1:0")
            .env("MERCATO_INSTANCE", name)
            .env("MERCATO_DEMO", "off")
            .env("MERCATO_DATABASE", &self.database_url)
            .env("MERCATO_REDIS", format!("redis://{}", self.redis.address()))
            .env("MERCATO_AUTH__JWKS_URL", format!("{}/.well-known/jwks.json", self.at("users")))
            .env("MERCATO_SEALING_KEY_FILE", data.join("sealing.key"))
            .env("MERCATO_MAIL__SMTP", "smtp://127.0.0.1:1")
            .env("MERCATO_MAIL__LINKS", self.shop())
            .env("MERCATO_EDGE__ROUTER_URL", format!("{}/graphql", self.at(ROUTER)))
            .env("MERCATO_EDGE__USERS_URL", format!("{}/graphql", self.at("users")))
            .env("MERCATO_EDGE__PUBLIC_URL", self.shop())
            .env("MERCATO_LOG__FILTER", "warn,kit::service=info,web_bff=info")
            .env("TOKIO_WORKER_THREADS", "1");
        command
    }

    fn router(&self) -> Command {
        let tree = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests stand in the tree");
        let program = std::env::var_os("APOLLO_ROUTER").map_or_else(|| PathBuf::from("apollo-router"), PathBuf::from);
        let mut command = Command::new(mercato());
        command
            .args(["leash", "--"])
            .arg(program)
            .arg("--config")
            .arg(tree.join("router/router.yaml"))
            .arg("--supergraph")
            .arg(tree.join("schema/supergraph.graphql"))
            .env("APOLLO_TELEMETRY_DISABLED", "1")
            .env("APOLLO_ROUTER_LOG", "info")
            .env("MERCATO_ROUTER_LISTEN", "127.0.0.1:0")
            .env("MERCATO_ROUTER_HEALTH_LISTEN", "127.0.0.1:0");
        for (role, balancer) in self.names.iter().filter(|(role, _)| ![ROUTER, EDGE].contains(role)) {
            command
                .env(format!("MERCATO_{}_URL", role.to_uppercase()), format!("http://{}/graphql", balancer.address()));
        }
        command
    }
}

/// A line to a Postgres database, and the database's URL over it. SQLite needs none.
async fn line_to(database: &str) -> (Option<Link>, String) {
    let Some((scheme, rest)) = database.split_once("://") else { return (None, database.to_owned()) };
    let (host, path) = rest.split_once('/').expect("a database has a name");
    let (user, host) = host.rsplit_once('@').map_or((String::new(), host), |(user, host)| (format!("{user}@"), host));
    let link = Link::to(link::Server(host.to_owned())).await;
    let url = format!("{scheme}://{user}{}/{path}", link.address());
    (Some(link), url)
}

/// How many requests and messages a replica of ours has counted; none where it counts none.
async fn figures(address: SocketAddr) -> (u64, u64) {
    let Ok(answer) = reqwest::get(format!("http://{address}/metrics")).await else { return (0, 0) };
    let text = answer.text().await.unwrap_or_default();
    let counted = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.and_then(|value| value.parse().ok()).unwrap_or(0)
    };
    (counted("graphql_requests_total"), counted("messages_handled_total"))
}
