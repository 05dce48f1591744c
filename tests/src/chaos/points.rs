//! Every named point at which a process may die, in every way that it may.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use futures::future::join_all;

use super::Report;
use super::buyer::{Journey, Told, go};
use super::rig::{PAST_THE_LEASE, ROLES, Rig};

/// What happens at a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The process is killed, and started again.
    Kill,
    /// It stops until others have taken over its work, and then goes on as if nothing had happened.
    Pause,
    /// What it was doing is done twice.
    Twice,
}

impl Mode {
    pub const ALL: [Self; 3] = [Self::Kill, Self::Pause, Self::Twice];

    pub fn word(self) -> &'static str {
        match self {
            Self::Kill => "kill",
            Self::Pause => "pause",
            Self::Twice => "twice",
        }
    }
}

const SETTLES_WITHIN: Duration = Duration::from_secs(180);
const REACHED_WITHIN: Duration = Duration::from_secs(120);
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// `ROLE@POINT` of every point in the sources. One in `kit` is a point of every role that has a hand in an order.
pub fn points() -> BTreeSet<String> {
    let subgraphs = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests stand in the tree").join("subgraphs");
    let mut points = BTreeSet::new();
    for role in ROLES {
        for folder in [role, "kit"] {
            let mut sources = Vec::new();
            rust_files(&subgraphs.join(folder).join("src"), &mut sources);
            for source in sources {
                let text = std::fs::read_to_string(&source).expect("a source can be read");
                let named = text.split("crash_at!(\"").skip(1).filter_map(|rest| rest.split('"').next());
                // No process that serves passes those of a migration, which have a test of their own.
                let named = named.filter(|point| !point.starts_with("migration:"));
                points.extend(named.map(|point| format!("{role}@{point}")));
            }
        }
    }
    points
}

fn rust_files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder of sources").flatten() {
        let path = entry.path();
        if path.is_dir() {
            rust_files(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

/// Runs every point whose name contains `only` in these ways, one after the other in one shop.
pub async fn run(modes: &[Mode], only: &str) -> Report {
    let mut report = Report::default();
    let mut rig = Rig::open().await;
    let mut told = Vec::new();
    let cases = spread(points().into_iter().filter(|point| point.contains(only)).collect());
    let mut slowest = Duration::ZERO;
    for &mode in modes {
        for point in &cases {
            let name = format!("{point} {}", mode.word());
            rig.staff().await;
            let struck = strike(&rig, point, mode, &mut told).await;
            let settled =
                rig.settle(SETTLES_WITHIN).await.map(|waited| struck.map_or(waited, |struck| struck.elapsed()));
            slowest = slowest.max(settled.as_ref().copied().unwrap_or(SETTLES_WITHIN));
            let mut violations = rig.books.violations(&told).await;
            if struck.is_none() {
                violations.push("the point was never reached".to_owned());
            }
            report.case(&name, settled, violations);
        }
    }
    report.say(format!(
        "{} checkouts, {:?}, slowest to settle {:.1} s",
        told.len(),
        rig.books.orders().await,
        slowest.as_secs_f64()
    ));
    rig.count_hands(&mut report).await;
    report.close("crash points");
    report
}

/// Role by role in turn: a process that has just died is not the next to die.
fn spread(points: BTreeSet<String>) -> Vec<String> {
    let mut queues: Vec<Vec<String>> = ROLES
        .iter()
        .map(|role| points.iter().filter(|point| point.starts_with(&format!("{role}@"))).cloned().collect())
        .collect();
    let mut spread = Vec::new();
    while queues.iter().any(|queue| !queue.is_empty()) {
        spread.extend(queues.iter_mut().filter_map(Vec::pop));
    }
    spread
}

/// Arms a point and sends buyers past it until it has fired. Gives when it did.
async fn strike(rig: &Rig, point: &str, mode: Mode, told: &mut Vec<Told>) -> Option<Instant> {
    let faults = rig.premises.data().join("faults");
    let (armed, fired) = (faults.join("armed").join(point), faults.join("fired").join(point));
    // A point that fired before may fire again.
    let _absent = std::fs::remove_file(&fired);
    let aside = faults.join(format!("{}.new", mode.word()));
    std::fs::write(&aside, mode.word()).expect("the faults' folder is there");
    std::fs::rename(&aside, &armed).expect("a point can be armed");
    let since = Instant::now();
    while since.elapsed() < REACHED_WITHIN {
        let buyers = join_all(Journey::ALL.map(|journey| go(rig.shop.url(), journey)));
        let watched = async {
            while !fired.exists() {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
            let struck = Instant::now();
            if mode == Mode::Pause {
                tokio::time::sleep(PAST_THE_LEASE).await;
                Rig::go_on(&pid(&fired).await);
            }
            struck
        };
        let mut watched = std::pin::pin!(watched);
        let mut buyers = std::pin::pin!(buyers);
        let mut struck = None;
        let bought = loop {
            tokio::select! {
                at = &mut watched, if struck.is_none() => struck = Some(at),
                bought = &mut buyers => break bought,
            }
        };
        told.extend(bought);
        if struck.is_none() && fired.exists() {
            struck = Some(watched.await);
        }
        if struck.is_some() {
            return struck;
        }
    }
    let _disarmed = std::fs::remove_file(&armed);
    None
}

/// The process that fired, once it has said so.
async fn pid(fired: &Path) -> String {
    loop {
        let said = std::fs::read_to_string(fired).unwrap_or_default();
        if said.parse::<u32>().is_ok() {
            return said;
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}
