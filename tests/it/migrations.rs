//! An operator brings the databases up to date.

use std::path::Path;
use std::process::{Command, Output};

use kit::testing::TestRedis;
use system_tests::fleet::Process;
use system_tests::{Premises, Shop, mercato};

fn migrate(premises: &Premises, arguments: &[&str]) -> Output {
    Command::new(mercato())
        .arg("migrate")
        .args(arguments)
        .env("MERCATO_DATA", premises.data())
        .env("MERCATO_DATABASE", premises.database())
        .output()
        .expect("it runs")
}

fn text(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat()
}

/// Has the next `mercato migrate` killed where a migration is about to be done, or just was.
fn arm(faults: &Path, point: &str) {
    std::fs::create_dir_all(faults.join("armed")).expect("a folder");
    std::fs::write(faults.join("armed").join(format!("migrate@{point}")), "kill").expect("armed");
}

#[tokio::test]
async fn a_migration_that_is_killed_anywhere_is_done_by_the_next_start() {
    let premises = Premises::fresh().await;
    let mut killed = 0;
    for point in ["migration:before-commit", "migration:after-commit"].into_iter().cycle() {
        arm(&premises.data().join("faults"), point);
        let output = migrate(&premises, &[]);
        if output.status.success() {
            break;
        }
        assert_eq!(output.status.code(), None, "it was killed and did not fail: {}", text(&output));
        killed += 1;
    }
    assert!(killed > 60, "every migration of every domain was killed twice, and these are {killed} kills");
    let checked = migrate(&premises, &["--check"]);
    assert!(checked.status.success(), "{}", text(&checked));
    Shop::open(&premises).visitor().ask("{ __typename }", serde_json::json!({})).await;
}

#[tokio::test]
async fn a_check_applies_nothing_and_names_what_is_lacking() {
    let premises = Premises::fresh().await;
    for _ in 0..2 {
        let lacking = migrate(&premises, &["--check"]);
        assert!(!lacking.status.success() && text(&lacking).contains("m0003_orders"), "{}", text(&lacking));
    }
    assert!(!premises.data().exists(), "a check writes nothing");
    let done = migrate(&premises, &[]);
    assert!(done.status.success() && text(&done).contains("m0003_orders"), "{}", text(&done));
    let again = migrate(&premises, &[]);
    assert!(again.status.success() && !text(&again).contains("m0003_orders"), "{}", text(&again));
}

#[tokio::test]
async fn replicas_that_start_together_on_an_empty_database_all_serve() {
    let (premises, redis) = (Premises::fresh().await, TestRedis::start().await);
    std::fs::create_dir_all(premises.data().join("logs")).expect("a folder");
    let mut replicas: Vec<Process> = (0..4)
        .map(|number| {
            let name = format!("orders-{number}");
            let mut command = Command::new(mercato());
            command
                .args(["serve", "orders", "--leash"])
                .env("MERCATO_DATA", premises.data())
                .env("MERCATO_DATABASE", premises.database())
                .env("MERCATO_REDIS", redis.url())
                .env("MERCATO_INSTANCE", &name)
                .env("MERCATO_LISTEN", "127.0.0.1:0")
                // Nobody asks them anything.
                .env("MERCATO_AUTH__JWKS_URL", "http://127.0.0.1:1/jwks.json");
            Process::start(&name, command, &premises.data().join(format!("logs/{name}.log")))
        })
        .collect();
    let mut addresses = std::collections::BTreeSet::new();
    for replica in &mut replicas {
        let address = replica.address_in("orders is up").await;
        replica.answers(&format!("http://{address}/ready")).await;
        addresses.insert(address);
    }
    assert_eq!(addresses.len(), 4);
}
