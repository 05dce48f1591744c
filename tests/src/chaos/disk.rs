//! A disk that is full, and one that does not keep what it is given. Both need root, and the second `strace`.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use futures::future::join_all;

use super::buyer::{Buyer, Journey, Told, go};
use super::rig::premises;
use super::{Report, Rig};
use crate::processes;

const SETTLES_WITHIN: Duration = Duration::from_secs(180);
const BUYERS: usize = 8;
const SUBMITS_EACH: usize = 5;
/// Room for a small shop with its logs, and little more.
const DISK: &str = "size=96m,mode=700";

/// A disk of its own for the shop's state, which can be filled.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: &Path) -> Option<Self> {
        std::fs::create_dir_all(at).expect("a folder for the disk");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", DISK, "tmpfs"]).arg(at).status();
        mounted.is_ok_and(|status| status.success()).then(|| Self(at.to_owned()))
    }

    fn fill(&self) {
        let mut filler = File::create(self.filler()).expect("a file can be made");
        let block = vec![0_u8; 1 << 16];
        while filler.write_all(&block).is_ok() {}
        while filler.write_all(&block[..64]).is_ok() {}
    }

    fn empty(&self) {
        std::fs::remove_file(self.filler()).expect("the filler can be removed");
    }

    fn filler(&self) -> PathBuf {
        self.0.join("filler")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // A disk that is still in use is taken away when it no longer is.
        let _unmounted = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

/// A full disk under every role at once.
pub async fn full() -> Report {
    let mut report = Report::default();
    let premises = premises().await;
    let Some(disk) = SmallDisk::mount(&premises.data()) else {
        report.violation("no disk could be mounted: this needs root".to_owned());
        return report;
    };
    let rig = Rig::open_on(premises).await;
    let before = go(rig.shop.url(), Journey::Buys).await;
    let buyers = carts(&rig).await;
    disk.fill();
    let mut seen = submit_all(&buyers).await;
    disk.empty();
    seen.told.push(before);
    finish(&mut report, &rig, "disk full", seen).await;
    drop(rig);
    report
}

/// Every sync of the orders' processes fails.
pub async fn failing() -> Report {
    let mut report = Report::default();
    let rig = Rig::open().await;
    let before = go(rig.shop.url(), Journey::Buys).await;
    let buyers = carts(&rig).await;
    let mut saboteurs: Vec<Child> = rig.serving("orders").iter().map(|pid| sabotage(pid)).collect();
    until_traced(&rig.serving("orders")).await;
    let mut seen = submit_all(&buyers).await;
    for saboteur in &mut saboteurs {
        processes::signal("-INT", saboteur.id().to_string().as_ref());
        saboteur.wait().expect("strace ends");
    }
    seen.told.push(before);
    finish(&mut report, &rig, "fsync fails", seen).await;
    report
}

fn sabotage(pid: &std::ffi::OsStr) -> Child {
    Command::new("strace")
        .args([
            "-f",
            "-qq",
            "-o",
            "/dev/null",
            "-e",
            "trace=fsync,fdatasync",
            "-e",
            "inject=fsync,fdatasync:error=EIO",
            "-p",
        ])
        .arg(pid)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("strace is installed")
}

/// Waits until somebody traces each of these processes.
async fn until_traced(pids: &[std::ffi::OsString]) {
    for pid in pids {
        let status = Path::new("/proc").join(pid).join("status");
        let untraced = || std::fs::read_to_string(&status).is_ok_and(|text| text.contains("TracerPid:\t0\n"));
        let since = Instant::now();
        while untraced() && since.elapsed() < Duration::from_secs(10) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(!untraced(), "strace may not trace here");
    }
}

#[derive(Default)]
struct Seen {
    told: Vec<Told>,
    refused: usize,
    /// Answers that are neither an acknowledgement nor a 503.
    lies: Vec<String>,
}

async fn carts(rig: &Rig) -> Vec<Buyer> {
    join_all((0..BUYERS * SUBMITS_EACH).map(|_| Buyer::with(rig.shop.url(), crate::MUG, 1))).await
}

/// Submits each cart once, and notes what was answered.
async fn submit_all(buyers: &[Buyer]) -> Seen {
    let mut seen = Seen::default();
    for some in buyers.chunks(BUYERS) {
        let answers = join_all(some.iter().map(async |buyer| {
            let submission = buyer.submission(Journey::Buys);
            (submission.clone(), buyer.try_submit(&submission).await)
        }));
        for (submission, answer) in answers.await {
            let Some(answer) = answer else {
                seen.refused += 1;
                continue;
            };
            let payload = &answer.body["data"]["checkoutSubmit"]["checkout"];
            match (answer.status, payload["id"].as_str()) {
                (200, Some(checkout)) => seen.told.push(Told {
                    journey: Journey::Buys,
                    checkout: checkout.to_owned(),
                    total_minor: minor(&submission),
                }),
                (503, None) => seen.refused += 1,
                _ => seen.lies.push(format!("{}: {}", answer.status, answer.body)),
            }
        }
    }
    seen
}

fn minor(submission: &serde_json::Value) -> i64 {
    submission["expectedTotal"]["minor"].as_str().and_then(|minor| minor.parse().ok()).expect("an amount")
}

/// The disk is well again: the shop sells, and everything that was acknowledged is there.
async fn finish(report: &mut Report, rig: &Rig, name: &str, mut seen: Seen) {
    let since = Instant::now();
    seen.told.push(go(rig.shop.url(), Journey::Buys).await);
    let sells = since.elapsed();
    let settled = rig.settle(SETTLES_WITHIN).await;
    let mut violations = rig.books.violations(&seen.told).await;
    violations.extend(seen.lies);
    if seen.refused == 0 {
        violations.push("nothing was refused: the disk was well".to_owned());
    }
    report.say(format!(
        "{name}: {} acknowledged, {} answered 503, sells again after {:.1} s",
        seen.told.len(),
        seen.refused,
        sells.as_secs_f64()
    ));
    rig.count_hands(report).await;
    report.case(name, settled, violations);
}
