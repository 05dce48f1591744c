//! A server that the shop needs is away for a while, or takes nothing any more.

use std::time::{Duration, Instant};

use super::Report;
use crate::fleet::{Fleet, Load, Tally};
use crate::mercato;

/// What is the matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outage {
    /// Nobody reaches Redis.
    RedisAway,
    /// Redis is full: it can be read and not be written.
    RedisFull,
    /// Nobody reaches Postgres.
    PostgresAway,
    /// The company that moves the money answers nothing.
    GatewayAway,
}

const SETTLES_WITHIN: Duration = Duration::from_secs(120);
/// For so long there are orders before it begins, and after it.
const AROUND: Duration = Duration::from_secs(8);
/// How many of a hundred requests may fail while Redis is away.
const MAY_FAIL_PERCENT: usize = 1;

impl Outage {
    pub const ALL: [Self; 4] = [Self::RedisAway, Self::RedisFull, Self::PostgresAway, Self::GatewayAway];

    pub fn word(self) -> &'static str {
        match self {
            Self::RedisAway => "redis-away",
            Self::RedisFull => "redis-full",
            Self::PostgresAway => "postgres-away",
            Self::GatewayAway => "gateway-away",
        }
    }

    async fn begins(self, fleet: &Fleet) {
        match self {
            Self::RedisAway => fleet.redis.cut(),
            Self::RedisFull => set_memory(fleet, "1").await,
            Self::PostgresAway => fleet.database.as_ref().expect("a Postgres").cut(),
            Self::GatewayAway => fleet.books.close_gateway().await,
        }
    }

    async fn ends(self, fleet: &Fleet) {
        match self {
            Self::RedisAway => fleet.redis.mend(),
            Self::RedisFull => set_memory(fleet, "0").await,
            Self::PostgresAway => fleet.database.as_ref().expect("a Postgres").mend(),
            Self::GatewayAway => fleet.books.open_gateway().await,
        }
    }
}

/// How much Redis may hold; nothing more is written once it holds that.
async fn set_memory(fleet: &Fleet, bytes: &str) {
    let client = redis::Client::open(fleet.redis_url()).expect("a Redis");
    let mut connection = client.get_multiplexed_async_connection().await.expect("it answers");
    let done: redis::RedisResult<()> =
        redis::cmd("CONFIG").arg("SET").arg("maxmemory").arg(bytes).query_async(&mut connection).await;
    done.expect("it may be configured");
}

/// Has each of these last so long, under so many orders a second.
pub async fn run(outages: &[Outage], lasts: Duration, orders_a_second: u32) -> Report {
    let (mut report, mut tried) = (Report::default(), 0);
    let fleet = Fleet::open(&mercato()).await;
    for &outage in outages {
        if outage == Outage::PostgresAway && fleet.database.is_none() {
            report.say("postgres-away: this shop has no Postgres");
            continue;
        }
        tried += 1;
        let load = Load::start(&fleet.shop(), orders_a_second);
        tokio::time::sleep(AROUND).await;
        let before = load.requests();
        let began = Instant::now();
        outage.begins(&fleet).await;
        // Long enough for each to have noticed.
        tokio::time::sleep(lasts / 2).await;
        let readiness = fleet.readiness().await;
        let paid = fleet.books.paid().await;
        tokio::time::sleep(lasts.saturating_sub(began.elapsed())).await;
        let paid = fleet.books.paid().await - paid;
        outage.ends(&fleet).await;
        let during = load.requests() - before;
        tokio::time::sleep(AROUND).await;
        let tally = load.stop().await;
        let settled = fleet.settle(SETTLES_WITHIN).await;
        let mut violations = fleet.books.violations(&tally.told).await;
        violations.extend(judge(outage, &tally, during, paid, &readiness));
        for (role, status, said) in &readiness {
            report.say(format!("  meanwhile {role:<10} {status} {}", said.replace('\n', "; ")));
        }
        for (what, count) in &tally.failed {
            report.say(format!("  failed {count:>5} {what}"));
        }
        for (what, count) in &tally.lost {
            report.say(format!("  lost   {count:>5} {what}"));
        }
        report.say(format!(
            "{}: {} requests, {during} of them meanwhile, {} failed; {} orders confirmed, 95 % within {:.1} s, {} lost",
            outage.word(),
            tally.requests,
            tally.failures(),
            tally.confirmed,
            tally.confirmed_within(0.95).as_secs_f64(),
            tally.losses()
        ));
        report.case(&format!("{} for {} s", outage.word(), lasts.as_secs()), settled, violations);
    }
    fleet.close().await;
    if tried == 0 {
        report.violation("nothing was tried".to_owned());
    }
    report.close("outages");
    report
}

/// Every order comes to be, and while Redis is away hardly a request fails; what is wrong is said. While the gateway is
/// away orders are taken and wait, until their time for a payment is over.
fn judge(outage: Outage, tally: &Tally, during: usize, paid: i64, readiness: &[(&str, u16, String)]) -> Vec<String> {
    let mut violations = Vec::new();
    if outage == Outage::GatewayAway {
        if paid > 0 || tally.confirmed == 0 || during == 0 {
            violations.push(format!("{paid} payments and {during} requests meanwhile: it was not away"));
        }
        if tally.failures() > 0 {
            violations.push(format!("{} of {} requests failed", tally.failures(), tally.requests));
        }
        let red = readiness.iter().filter(|(_, status, _)| *status != 200);
        violations.extend(red.map(|(role, status, said)| format!("{role} was not ready: {status} {said}")));
        return violations;
    }
    violations.extend(tally.lost.iter().map(|(what, count)| format!("{count} orders were not confirmed: {what}")));
    if tally.confirmed == 0 || during == 0 {
        violations.push(format!("{} orders, {during} requests meanwhile: nothing was tried", tally.confirmed));
    }
    if outage == Outage::PostgresAway {
        let red = readiness.iter().filter(|(_, status, _)| *status == 503).count();
        if tally.failures() == 0 || red == 0 {
            violations.push(format!("{} failures, {red} replicas not ready: it was not away", tally.failures()));
        }
        return violations;
    }
    if tally.failures() * 100 > tally.requests * MAY_FAIL_PERCENT {
        violations.push(format!("{} of {} requests failed", tally.failures(), tally.requests));
    }
    for (role, status, said) in readiness {
        if *status != 200 {
            violations.push(format!("{role} was not ready: {status} {said}"));
        } else if *role != "web-bff" && !said.contains("messages wait") {
            violations.push(format!("{role} says nothing of its Redis: {said}"));
        }
    }
    violations
}
