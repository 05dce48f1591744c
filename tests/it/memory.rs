//! Memory that a peak took is given back.

use std::ffi::OsString;
use std::time::{Duration, Instant};

use futures::future::join_all;
use serde_json::json;
use system_tests::{Client, Premises, Shop};

/// A page as visitors ask for, which goes on beside and after the peak.
const PAGE: &str = "{ categories { id products(first: 24) { nodes { id slug title attributes { name value } } } } }";
/// A hundred thousand products in one answer. The guard would refuse it: here its budget is raised.
const PEAK: &str = "{ categories { products(first: 46) { nodes { category { products(first: 46) { nodes { category { \
     products(first: 46) { nodes { id slug title brand } } } } } } } } } }";
const AT_ONCE: usize = 2;

#[derive(Clone, Copy, Debug)]
struct Resident {
    /// What the process has allocated.
    anonymous: f64,
    /// Pages of files that it has mapped: the engine takes them back when it wants to.
    files: f64,
}

impl Resident {
    /// In MiB.
    fn of(process: &OsString) -> Self {
        let status = std::fs::read_to_string(std::path::Path::new("/proc").join(process).join("status")).unwrap();
        let value = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
        };
        Self { anonymous: value("RssAnon:"), files: value("RssFile:") }
    }
}

async fn visit(catalog: &Client, times: usize) {
    for _ in 0..times {
        catalog.ask(PAGE, json!({})).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_peak_took_is_given_back() {
    let premises = Premises::fresh()
        .await
        .with_setting("MERCATO_GUARD__COST", 1_000_000_000)
        .with_setting("MERCATO_OPERATION_TIMEOUT_MS", 300_000);
    let shop = Shop::open(&premises);
    let catalog = shop.door("catalog").await;
    let found = premises.processes("serve\0catalog\0");
    // The process itself, and not the leash that it runs on.
    let process = found.iter().max_by_key(|pid| Resident::of(pid).anonymous as u64).expect("the catalog runs");
    visit(&catalog, 50).await;
    let before = Resident::of(process);

    let mut answers = std::pin::pin!(join_all((0..AT_ONCE).map(|_| catalog.send(PEAK, json!({})))));
    let (mut look, mut peak) = (tokio::time::interval(Duration::from_millis(20)), 0.0_f64);
    let answers = loop {
        tokio::select! {
            answers = &mut answers => break answers,
            _ = look.tick() => peak = peak.max(Resident::of(process).anonymous),
        }
    };
    assert!(answers.iter().all(|answer| answer.body["data"]["categories"].is_array()), "{:?}", answers[0].body);
    drop(answers);
    let since = Instant::now();
    let mut after = Resident::of(process);
    while after.anonymous > before.anonymous * 1.1 && since.elapsed() < Duration::from_secs(60) {
        visit(&catalog, 1).await;
        after = Resident::of(process);
    }
    println!(
        "MiB allocated (and mapped from files): {:.0} ({:.0}) before, at most {peak:.0}, {:.0} ({:.0}) {:.1} s later",
        before.anonymous,
        before.files,
        after.anonymous,
        after.files,
        since.elapsed().as_secs_f64()
    );
    assert!(peak > before.anonymous * 2.0, "that was no peak: {before:?}, then {peak} MiB");
    assert!(after.anonymous <= before.anonymous * 1.1, "{before:?} before, {after:?} afterwards");
}
