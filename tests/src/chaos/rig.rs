//! A shop that is about to suffer: less patient than one that sells, so that what is broken mends in seconds, and with
//! a second replica of each role that has a hand in an order.

use std::ffi::OsString;
use std::process::Command;
use std::time::Duration;

use super::Report;
use super::books::Books;
use super::hands::Hands;
use crate::fleet::Process;
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
    process: Process,
}

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
            let lives = |replica: &mut Replica| replica.role == role && !replica.process.has_ended();
            if !self.replicas.iter_mut().any(lives) {
                self.replicas.retain(|replica| replica.role != role);
                let log = self.premises.data().join(format!("logs/{role}-1.log"));
                let mut process = Process::start(&format!("the second replica of {role}"), self.replica(role), &log);
                let address = format!("http://{}", process.address_in(&format!("{role} is up")).await);
                process.answers(&format!("{address}/ready")).await;
                self.hands.watch((role, "second"), &address);
                self.replicas.push(Replica { role, process });
            }
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
        let mut command = Command::new(mercato());
        command
            .args(["serve", role, "--leash"])
            .env("MERCATO_DATA", self.premises.data())
            .env("MERCATO_LISTEN", "127.0.0.1:0")
            .env("MERCATO_INSTANCE", "1")
            .env("MERCATO_DATABASE", self.premises.database())
            .env("MERCATO_REDIS", self.redis_url())
            .env("MERCATO_AUTH__JWKS_URL", format!("{}/.well-known/jwks.json", self.shop.address("users")))
            .envs(self.premises.settings().iter().map(|(variable, value)| (variable, value)));
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
        self.books.settle(&self.redis_url(), within).await
    }

    /// Lets a process go on that was told to pause.
    pub fn go_on(pid: &str) {
        processes::signal("-CONT", pid.as_ref());
    }
}
