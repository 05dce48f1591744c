//! One variant that everybody wants.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::future::join_all;

use super::buyer::{Buyer, Journey};
use super::rig::premises;
use super::{Report, Rig};
use crate::{HOT, Thing};

const SETTLES_WITHIN: Duration = Duration::from_secs(180);

/// `attempts` to buy one unit each, from `clients` at once, of which there are `HOT.stock`.
pub async fn run(attempts: usize, clients: usize) -> Report {
    let mut report = Report::default();
    // A buyer in a long queue is patient: nothing may be given up for want of an answer.
    let patient = premises().await.with_setting("MERCATO_CHECKOUT__STEP_TIMEOUT_MS", 30_000);
    let rig = Rig::open_on(patient).await;
    let (next, confirmed, refused) = (Arc::new(AtomicUsize::new(0)), AtomicUsize::new(0), AtomicUsize::new(0));
    let since = Instant::now();
    let others = join_all((0..clients).map(async |_| {
        let mut others = Vec::new();
        while next.fetch_add(1, Ordering::Relaxed) < attempts {
            match attempt(rig.shop.url(), HOT).await.as_str() {
                "COMPLETED" => confirmed.fetch_add(1, Ordering::Relaxed),
                "INSUFFICIENT_STOCK" => refused.fetch_add(1, Ordering::Relaxed),
                other => {
                    others.push(other.to_owned());
                    0
                }
            };
        }
        others
    }))
    .await;
    let took = since.elapsed();
    let settled = rig.settle(SETTLES_WITHIN).await;
    let mut violations = rig.books.violations(&[]).await;
    let (confirmed, refused) = (confirmed.into_inner(), refused.into_inner());
    let stock = usize::try_from(HOT.stock).unwrap_or(usize::MAX);
    if confirmed != stock.min(attempts) || confirmed + refused != attempts {
        violations.push(format!("{confirmed} confirmed of {stock}, {refused} refused of {attempts}"));
    }
    violations.extend(others.into_iter().flatten().map(|other| format!("an attempt ended in {other}")));
    report.say(format!(
        "hot variant: stock {stock}, {attempts} attempts from {clients} clients: {confirmed} confirmed, {refused} refused \
         as INSUFFICIENT_STOCK, {:.1} s",
        took.as_secs_f64()
    ));
    rig.count_hands(&mut report).await;
    report.case("hot variant", settled, violations);
    report
}

/// How an attempt ended: the checkout's state, or the code of what it failed for.
async fn attempt(shop: &str, thing: Thing) -> String {
    let buyer = Buyer::with(shop, thing, 1).await;
    let submitted = buyer.submit(&buyer.submission(Journey::Buys)).await;
    let Some(id) = submitted["checkout"]["id"].as_str() else { return submitted.to_string() };
    let checkout = buyer.settled(id).await;
    let code = checkout["failure"]["code"].as_str().or_else(|| checkout["state"].as_str());
    code.unwrap_or("nothing").to_owned()
}
