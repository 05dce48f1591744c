//! Every replica of every role is renewed while shoppers order.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Report;
use crate::fleet::{Fleet, Load, ROLES, Served, Tally};
use crate::mercato;

/// Longer than a message may lie in dead hands, those of a release that has left it there.
const SETTLES_WITHIN: Duration = Duration::from_secs(300);
const WARNINGS_TOLD: usize = 40;
/// The roles that every order sends messages to.
const HANDS: [&str; 4] = ["orders", "inventory", "payments", "shipping"];

/// Renews each replica of each role under so many orders a second. With a `former` program the shop runs that at first,
/// then ours, and then that again, on the schema that ours has made.
pub async fn run(orders_a_second: u32, former: Option<PathBuf>) -> Report {
    let mut report = Report::default();
    let ours = mercato();
    let programs: Vec<(&str, &Path)> = match &former {
        None => vec![("a restart", &ours)],
        Some(former) => vec![("an upgrade", &ours), ("a rollback", former)],
    };
    let mut fleet = Fleet::open(former.as_deref().unwrap_or(&ours)).await;
    for (what, program) in programs {
        // Who starts asks before there is anybody.
        fleet.failed_connections();
        let load = Load::start(&fleet.shop(), orders_a_second);
        let mut served = Vec::new();
        for role in ROLES {
            served.extend(fleet.renew(role, program).await);
        }
        let tally = load.stop().await;
        let settled = fleet.settle(SETTLES_WITHIN).await;
        let mut violations = fleet.books.violations(&tally.told).await;
        violations.extend(judge(&tally, &served));
        violations.extend(
            fleet.failed_connections().iter().map(|(role, count)| format!("{count} connections to {role} failed")),
        );
        tell(&report, &tally, &served);
        if tally.failures() > 0 {
            fleet.warnings(WARNINGS_TOLD).iter().for_each(|warning| report.say(format!("  {warning}")));
        }
        report.case(&format!("{what} of every replica under {orders_a_second} orders/s"), settled, violations);
    }
    fleet.close().await;
    report.close("rolling");
    report
}

/// Nobody may have noticed, and everybody must have been there.
fn judge(tally: &Tally, served: &[Served]) -> Vec<String> {
    let mut violations = Vec::new();
    violations.extend(tally.failed.iter().map(|(what, count)| format!("{count} requests failed: {what}")));
    violations.extend(tally.lost.iter().map(|(what, count)| format!("{count} orders were not confirmed: {what}")));
    if tally.confirmed == 0 {
        violations.push("nothing was ordered".to_owned());
    }
    for role in ROLES {
        let of = || served.iter().filter(|one| one.role == role);
        if of().count() != 2 {
            violations.push(format!("{} replicas of {role} were renewed", of().count()));
        }
        violations
            .extend(of().filter(|one| one.connections == 0).map(|_| format!("nobody came to a replica of {role}")));
        if HANDS.contains(&role) && of().any(|one| one.messages == 0) {
            violations.push(format!("a replica of {role} handled no message"));
        }
    }
    violations
}

fn tell(report: &Report, tally: &Tally, served: &[Served]) {
    for one in served {
        report.say(format!(
            "{:<10} {:>4} connections, {:>6} requests, {:>6} messages, stopped in {:.1} s",
            one.role,
            one.connections,
            one.requests,
            one.messages,
            one.stopped_in.as_secs_f64()
        ));
    }
    report.say(format!(
        "{} requests, {} failed; {} orders confirmed, half within {:.2} s and 95 % within {:.2} s, {} lost",
        tally.requests,
        tally.failures(),
        tally.confirmed,
        tally.confirmed_within(0.5).as_secs_f64(),
        tally.confirmed_within(0.95).as_secs_f64(),
        tally.losses()
    ));
}
