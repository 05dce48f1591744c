//! A shop that is about to suffer: less patient than one that sells, so that what is broken mends in seconds, and with
//! a second replica of each role that has a hand in an order.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::Report;
use super::books::Books;
use super::hands::Hands;
use crate::{Premises, Shop, mercato, processes};

/// The roles that have a hand in an order.
pub const ROLES: [&str; 4] = ["orders", "inventory", "payments", "shipping"];

const IMPATIENT: [(&str, &str); 6] = [
    ("MERCATO_CHECKOUT__STEP_TIMEOUT_MS", "1000"),
    ("MERCATO_MESSAGES__HANDLE_WITHIN_MS", "1000"),
    ("MERCATO_MESSAGES__CLAIM_IDLE_MS", "2000"),
    ("MERCATO_MESSAGES__CLAIM_EVERY_MS", "500"),
    ("MERCATO_MESSAGES__RESEND_AFTER_MS", "1000"),
    ("MERCATO_LOG__FILTER", "warn,kit::service=info"),
];
/// Longer than a message may lie in dead hands.
pub const PAST_THE_LEASE: Duration = Duration::from_millis(3_000);

pub struct Rig {
    pub shop: Shop,
    pub premises: Premises,
    pub books: Books,
    replicas: Vec<Replica>,
    hands: Hands,
}

struct Replica {
    role: &'static str,
    process: Child,
}

/// A replica that does not answer by then has died, or never will.
const ANSWERS_WITHIN: Duration = Duration::from_secs(60);
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Premises whose shop is impatient.
pub async fn premises() -> Premises {
    let fresh = Premises::fresh().await;
    IMPATIENT.into_iter().fold(fresh, |premises, (variable, value)| premises.with_setting(variable, value))
}

impl Rig {
    pub async fn open() -> Self {
        Self::open_on(premises().await).await
    }

    pub async fn open_on(premises: Premises) -> Self {
        let shop = Shop::open(&premises);
        let books = Books::open(&premises).await;
        let hands = Hands::count();
        for role in ROLES {
            hands.watch((role, "first"), shop.address(role));
        }
        let mut rig = Self { shop, premises, books, replicas: Vec::new(), hands };
        rig.staff().await;
        rig
    }

    /// Starts the second replica of each role, or starts it again where it has died, and waits until it answers.
    pub async fn staff(&mut self) {
        for role in ROLES {
            let lives = |replica: &mut Replica| {
                replica.role == role && replica.process.try_wait().is_ok_and(|end| end.is_none())
            };
            if !self.replicas.iter_mut().any(lives) {
                self.replicas.retain(|replica| replica.role != role);
                let since = std::fs::read_to_string(self.log_of(role)).unwrap_or_default().len();
                let process = self.replica(role).spawn().expect("a replica starts");
                let mut replica = Replica { role, process };
                let address = self.address_of(&mut replica, since).await;
                self.hands.watch((role, "second"), &address);
                self.replicas.push(replica);
            }
        }
    }

    fn log_of(&self, role: &str) -> PathBuf {
        self.premises.data().join(format!("logs/{role}-1.log"))
    }

    /// Where a replica that has just been started answers, by what it wrote to its log after `since` bytes.
    async fn address_of(&self, replica: &mut Replica, since: usize) -> String {
        let (role, log, until) = (replica.role, self.log_of(replica.role), Instant::now() + ANSWERS_WITHIN);
        loop {
            let said = std::fs::read_to_string(&log).unwrap_or_default().split_off(since);
            let ended = replica.process.try_wait().is_ok_and(|end| end.is_some());
            assert!(!ended && Instant::now() < until, "the second replica of {role} is not there: {said}");
            let up = said.lines().find(|line| line.contains(&format!("{role} is up")));
            if let Some(address) = up.and_then(|line| line.split("127.0.0.1:").nth(1)) {
                let port: String = address.chars().take_while(char::is_ascii_digit).collect();
                let address = format!("http://127.0.0.1:{port}");
                if reqwest::get(format!("{address}/ready")).await.is_ok_and(|answer| answer.status().is_success()) {
                    return address;
                }
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// Tells how many messages each replica has handled. One that has handled none is a violation: what it might have
    /// spoilt was never tried.
    pub async fn count_hands(&self, report: &mut Report) {
        let handled = self.hands.handled().await;
        for role in ROLES {
            let of = |replica: &'static str| handled.get(&(role, replica)).copied().unwrap_or(0);
            let (first, second) = (of("first"), of("second"));
            report.say(format!("{role:<10} handled {first} messages in the first replica, {second} in the second"));
            if first == 0 || second == 0 {
                report.violation(format!("a replica of {role} handled nothing"));
            }
        }
    }

    fn replica(&self, role: &str) -> Command {
        let data = self.premises.data();
        let log = self.log_of(role);
        let log = std::fs::OpenOptions::new().create(true).append(true).open(log).expect("a log can be written");
        let mut command = Command::new(mercato());
        command
            .args(["serve", role, "--leash"])
            .env("MERCATO_DATA", &data)
            .env("MERCATO_LISTEN", "127.0.0.1:0")
            .env("MERCATO_INSTANCE", "1")
            .env("MERCATO_DATABASE", self.premises.database())
            .env("MERCATO_REDIS", self.redis_url())
            .env("MERCATO_AUTH__JWKS_URL", format!("{}/.well-known/jwks.json", self.shop.address("users")))
            .envs(self.premises.settings().iter().map(|(variable, value)| (variable, value)))
            .stdin(Stdio::piped())
            .stdout(log.try_clone().expect("a log has a handle"))
            .stderr(log);
        command
    }

    pub fn redis_url(&self) -> String {
        format!("unix://{}", self.premises.data().join("redis.sock").display())
    }

    /// The processes that serve a role, the first replica's and the second's.
    pub fn serving(&self, role: &str) -> Vec<OsString> {
        self.premises.processes(&format!("serve\0{role}\0"))
    }

    /// Waits until nothing is left to do, and says how long that took. An error names what is still open.
    pub async fn settle(&self, within: Duration) -> Result<Duration, Vec<String>> {
        let since = Instant::now();
        loop {
            let open = self.books.still_open(&self.redis_url()).await;
            if open.is_empty() {
                return Ok(since.elapsed());
            }
            if since.elapsed() > within {
                return Err(open);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Lets a process go on that was told to pause.
    pub fn go_on(pid: &str) {
        processes::signal("-CONT", pid.as_ref());
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        for replica in &mut self.replicas {
            // A replica that cannot be killed is dead.
            let _dead = replica.process.kill();
            let _waited = replica.process.wait();
        }
    }
}
