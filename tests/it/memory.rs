//! Memory that a peak took is given back.

use std::ffi::OsStr;
use std::path::Path;
use std::time::{Duration, Instant};

use futures::future::join_all;
use serde_json::json;
use system_tests::{Premises, Shop};

/// A page as visitors ask for, which goes on beside and after a peak.
const PAGE: &str = "{ categories { id products(first: 24) { nodes { id slug title } } } }";
/// A hundred thousand products in one answer. The guard would refuse it: here its budget is raised.
const PEAK: &str = "{ categories { products(first: 46) { nodes { category { products(first: 46) { nodes { category { \
     products(first: 46) { nodes { id slug } } } } } } } } } }";
const AT_ONCE: usize = 2;

/// What a process has allocated, in MiB. Pages of files that it has mapped are not its own.
fn allocated(process: &OsStr) -> f64 {
    let status = std::fs::read_to_string(Path::new("/proc").join(process).join("status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
}

/// Many ask for very much at once: the most that the catalog allocates meanwhile.
async fn peak(shop: &Shop, process: &OsStr) -> f64 {
    let catalog = shop.door("catalog").await;
    let mut answers = std::pin::pin!(join_all((0..AT_ONCE).map(|_| catalog.send(PEAK, json!({})))));
    let (mut look, mut highest) = (tokio::time::interval(Duration::from_millis(20)), 0.0_f64);
    loop {
        tokio::select! {
            answers = &mut answers => {
                assert!(answers.iter().all(|one| one.body["data"]["categories"].is_array()), "{}", answers[0].body);
                return highest;
            }
            _ = look.tick() => highest = highest.max(allocated(process)),
        }
    }
}

/// What is allocated once a visitor has looked at pages until it is `low` enough, or for as long as we wait.
async fn falls_to(shop: &Shop, process: &OsStr, low: f64) -> f64 {
    let since = Instant::now();
    loop {
        let catalog = shop.door("catalog").await;
        for _ in 0..10 {
            catalog.ask(PAGE, json!({})).await;
        }
        let now = allocated(process);
        if now <= low || since.elapsed() > Duration::from_secs(60) {
            return now;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_peak_took_is_given_back() {
    let premises = Premises::fresh()
        .await
        .with_setting("MERCATO_GUARD__COST", 1_000_000_000)
        .with_setting("MERCATO_OPERATION_TIMEOUT_MS", 300_000);
    let shop = Shop::open(&premises);
    let found = premises.processes("serve\0catalog\0");
    // The process itself, and not the leash that it runs on.
    let process = found.iter().max_by_key(|pid| allocated(pid) as u64).expect("the catalog runs");
    // Once beforehand, for what stays warm from then on: connections, statements, plans.
    let first = peak(&shop, process).await;
    let before = falls_to(&shop, process, first / 3.0).await;
    let highest = peak(&shop, process).await;
    let after = falls_to(&shop, process, before * 1.1).await;
    println!("the catalog has {before:.1} MiB, {highest:.1} at the peak, {after:.1} afterwards");
    assert!(highest > before * 3.0, "that was no peak: {before} MiB, then {highest}");
    assert!(after <= before * 1.1, "{before} MiB before, {after} afterwards");
}
