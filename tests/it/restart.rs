//! A shop that is stopped, killed or misconfigured.

use std::ffi::OsString;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::json;
use system_tests::{MUG, Premises, Shop, mercato};

use system_tests::shopper::a_guest_with;

#[tokio::test]
async fn what_was_ordered_is_there_after_a_restart() {
    let premises = Premises::fresh().await;
    let shop = Shop::open(&premises);
    let shopper = a_guest_with(&shop, MUG, 1).await;
    let checkout = shopper.check_out(&shopper.checkout_input()).await;
    let secret = shopper.secret();
    shop.stop();
    assert_eq!(premises.processes(""), Vec::<OsString>::new(), "a shop that stops leaves no process behind");

    let shop = Shop::open(&premises);
    let client = shop.visitor().with_cart_token(&secret);
    let document = "query($id: ID!) { order(id: $id) { lifecycle paymentState } }";
    let order = client.ask(document, json!({"id": checkout["order"]["id"]})).await;
    assert_eq!(order["order"], json!({"lifecycle": "CONFIRMED", "paymentState": "PAID"}));
}

#[tokio::test]
async fn a_shop_whose_every_process_was_killed_comes_back_whole() {
    let premises = Premises::fresh().await;
    let shop = Shop::open(&premises);
    let shopper = a_guest_with(&shop, MUG, 1).await;
    let payload = shopper.submit(&shopper.checkout_input()).await;
    let secret = shopper.secret();
    premises.kill("");
    drop(shop);

    let shop = Shop::open(&premises);
    let shopper = shopper.moved_to(shop.visitor().with_cart_token(&secret));
    let checkout = shopper.settled(payload["checkout"]["id"].as_str().unwrap()).await;
    assert_eq!(checkout["state"], "COMPLETED", "{checkout}");
    let found = shop.visitor().ask("{ search(query: \"mug\") { hits { product { id } } } }", json!({})).await;
    assert_eq!(found["search"]["hits"][0]["product"]["id"], MUG.product());
}

#[tokio::test]
async fn a_process_that_dies_costs_its_own_fields_and_is_started_again() {
    let premises = Premises::fresh().await;
    let shop = Shop::open(&premises);
    premises.kill("serve\0reviews\0");
    let document = format!("{{ product(id: \"{}\") {{ title rating {{ count }} }} }}", MUG.product());
    let rated = async {
        loop {
            let answer = shop.visitor().send(&document, json!({})).await;
            let product = &answer.body["data"]["product"];
            assert_eq!(product["title"], MUG.title, "{answer:?}");
            if product["rating"]["count"] == 12 {
                return;
            }
            assert_eq!(answer.body["errors"][0]["extensions"]["code"], "UNAVAILABLE", "{answer:?}");
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), rated).await.expect("it is started again");
}

#[tokio::test]
async fn two_shops_run_side_by_side() {
    let (here, there) = (Premises::fresh().await, Premises::fresh().await);
    let (first, second) = (Shop::open(&here), Shop::open(&there));
    let shopper = a_guest_with(&first, MUG, 1).await;
    let stranger = second.visitor().with_cart_token(&shopper.secret());
    let seen = stranger.ask("query($id: ID!) { cart(id: $id) { id } }", json!({"id": shopper.cart["id"]})).await;
    assert_eq!(seen, json!({"cart": null}));
}

#[tokio::test]
async fn an_unknown_configuration_key_is_named_and_nothing_starts() {
    let premises = Premises::fresh().await;
    let output = premises.up().env("MERCATO_CHEKOUT__STEP_ATTEMPTS", "3").stderr(Stdio::piped()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(said.contains("chekout"), "{said}");
}

#[test]
fn doctor_says_how_to_mend_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(mercato())
        .arg("doctor")
        .env("MERCATO_DATA", folder.path())
        .env("MERCATO_REDIS", "redis://127.0.0.1:1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success());
    assert!(said.contains("mend  Redis"), "{said}");
}

#[tokio::test]
async fn a_router_that_crashes_is_started_again() {
    a_killed_router_is_replaced(true).await;
}

#[tokio::test]
async fn a_router_does_not_outlive_what_holds_it() {
    a_killed_router_is_replaced(false).await;
}

/// Kills the router itself, or the process that holds it.
async fn a_killed_router_is_replaced(itself: bool) {
    let premises = Premises::fresh().await;
    let shop = Shop::open(&premises);
    let name = |pid: &OsString| std::fs::read_to_string(format!("/proc/{}/comm", pid.display())).unwrap_or_default();
    let routers = |itself: bool| {
        let found = premises.processes("apollo-router").into_iter();
        found.filter(|pid| name(pid).starts_with("apollo") == itself).collect::<Vec<_>>()
    };
    let (running, killed) = (routers(true), routers(itself));
    assert_eq!((running.len(), killed.len()), (1, 1), "{running:?} {killed:?}");
    system_tests::signal("-KILL", &killed[0]);
    let answered = async {
        while shop.visitor().try_send("{ __typename }", &json!({})).await.is_none_or(|answer| answer.status != 200)
            || routers(true).contains(&running[0])
        {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), answered).await.expect("it is started again");
}
