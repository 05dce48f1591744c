//! Everybody clicks twice.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::future::join_all;

use super::buyer::{Buyer, Journey};
use super::rig::premises;
use super::{Report, Rig};
use crate::MUG;

const SETTLES_WITHIN: Duration = Duration::from_secs(180);

/// `submits` carts, each submitted twice at the same time, by `clients` at once.
pub async fn run(submits: usize, clients: usize) -> Report {
    let mut report = Report::default();
    let patient = premises().await.with_setting("MERCATO_CHECKOUT__STEP_TIMEOUT_MS", 30_000);
    let rig = Rig::open_on(patient).await;
    let next = AtomicUsize::new(0);
    let since = Instant::now();
    let answers = join_all((0..clients).map(async |_| {
        let (mut checkouts, mut violations) = (Vec::new(), Vec::new());
        while next.fetch_add(1, Ordering::Relaxed) < submits {
            let buyer = Buyer::with(rig.shop.url(), MUG, 1).await;
            let submission = buyer.submission(Journey::Buys);
            let (once, twice) = tokio::join!(buyer.submit(&submission), buyer.submit(&submission));
            let (once, twice) = (once["checkout"]["id"].clone(), twice["checkout"]["id"].clone());
            if once != twice || !once.is_string() {
                violations.push(format!("one click is {once}, the other {twice}"));
            }
            checkouts.extend(once.as_str().map(str::to_owned));
            buyer.settled(once.as_str().unwrap_or_default()).await;
        }
        (checkouts, violations)
    }))
    .await;
    let took = since.elapsed();
    let settled = rig.settle(SETTLES_WITHIN).await;
    let mut violations = rig.books.violations(&[]).await;
    let mut checkouts = BTreeSet::new();
    for (some, wrong) in answers {
        checkouts.extend(some);
        violations.extend(wrong);
    }
    let orders: i64 = rig.books.orders().await.into_values().sum();
    if usize::try_from(orders).ok() != Some(submits) || checkouts.len() != submits {
        violations.push(format!("{submits} double submits made {orders} orders and {} checkouts", checkouts.len()));
    }
    let pace = submits as f64 / took.as_secs_f64();
    report.say(format!(
        "double submits: {submits} from {clients} clients, {orders} orders, {:.1} s, {pace:.0}/s",
        took.as_secs_f64()
    ));
    rig.count_hands(&mut report).await;
    report.case("double submits", settled, violations);
    report
}
