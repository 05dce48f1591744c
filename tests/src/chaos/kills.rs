//! `kill -9` at random, with load running.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::sync::Mutex;

use super::buyer::{Journey, Told, go};
use super::{Report, Rig};
use crate::processes;

/// Who may die: each role that has a hand in an order, and all that stands between it and its buyers.
const VICTIMS: [&str; 7] = ["orders", "inventory", "payments", "shipping", "web-bff", "router", "redis"];
const BUYERS: usize = 8;
const SETTLES_WITHIN: Duration = Duration::from_secs(180);

/// Kills processes in a rhythm and an order that follow from `seed`, while buyers buy.
pub async fn run(seed: u64, kills: usize) -> Report {
    let mut report = Report::default();
    let mut rig = Rig::open().await;
    let mut dice = StdRng::seed_from_u64(seed);
    let (over, told) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::<Told>::new())));
    let buyers: Vec<_> = (0..BUYERS)
        .map(|buyer| {
            let (shop, over, told) = (rig.shop.url().to_owned(), Arc::clone(&over), Arc::clone(&told));
            tokio::spawn(async move {
                let mut turn = buyer;
                while !over.load(Ordering::Relaxed) {
                    let journey = Journey::ALL[turn % Journey::ALL.len()];
                    let promised = go(&shop, journey).await;
                    told.lock().await.push(promised);
                    turn += 1;
                }
            })
        })
        .collect();
    let mut killed: BTreeMap<&str, usize> = BTreeMap::new();
    while killed.values().sum::<usize>() < kills {
        tokio::time::sleep(Duration::from_millis(dice.random_range(50..900))).await;
        let victim = VICTIMS[dice.random_range(0..VICTIMS.len())];
        let found = match victim {
            "router" => rig.premises.processes("apollo-router"),
            "redis" => rig.premises.processes("redis-server"),
            role => rig.premises.processes(&format!("serve\0{role}\0")),
        };
        if !found.is_empty() {
            processes::signal("-KILL", &found[dice.random_range(0..found.len())]);
            *killed.entry(victim).or_default() += 1;
        }
        rig.staff().await;
    }
    over.store(true, Ordering::Relaxed);
    for buyer in buyers {
        if let Err(cause) = buyer.await {
            report.violation(format!("seed {seed}: a buyer was left without an answer: {cause}"));
        }
    }
    let settled = rig.settle(SETTLES_WITHIN).await;
    let told = told.lock().await;
    let violations = rig.books.violations(&told).await;
    report.say(format!("seed {seed}: killed {killed:?}, {} checkouts, {:?}", told.len(), rig.books.orders().await));
    rig.count_hands(&mut report).await;
    report.case(&format!("random kills, seed {seed}"), settled, violations);
    report
}
