//! A request that breaks on our side has that for its answer, unless nothing could be written.

use sea_orm::ConnectionTrait;
use serde_json::json;

use crate::shop::{Shop, ada, submit};

async fn run(shop: &Shop, sql: &str) {
    shop.db.raw().execute_unprepared(sql).await.expect("the statement runs");
}

#[tokio::test]
async fn a_request_that_broke_breaks_the_same_way_for_ever_and_another_key_is_free() {
    let shop = Shop::open().await;
    let cart = shop.cart_with(&ada(), &[("a", 2)]).await;
    run(&shop, "ALTER TABLE checkout RENAME TO checkout_gone").await;
    let query = submit(&cart, 1, 2_500, "k", "checkout { id }");
    let broken = shop.ask_bare(&ada(), &query).await;
    assert_eq!(broken["errors"][0]["extensions"]["code"], "INTERNAL", "{broken}");
    run(&shop, "ALTER TABLE checkout_gone RENAME TO checkout").await;
    for _ in 0..3 {
        assert_eq!(shop.ask_bare(&ada(), &query).await, broken);
    }
    let other_body = shop.ask(&ada(), &submit(&cart, 1, 2_501, "k", "checkout { id }")).await;
    assert_eq!(other_body["data"]["checkoutSubmit"]["userErrors"][0]["code"], "IDEMPOTENCY_MISMATCH");
    assert_eq!(shop.sent_kinds().await, [""; 0], "nothing was bought");
    let other_key = shop.ask(&ada(), &submit(&cart, 1, 2_500, "another", "checkout { state }")).await;
    assert_eq!(other_key["data"]["checkoutSubmit"]["checkout"], json!({ "state": "RUNNING" }));
}

#[tokio::test]
async fn a_request_that_was_refused_leaves_its_key_free() {
    let shop = Shop::open().await;
    let cart = shop.cart_with(&ada(), &[("a", 2)]).await;
    let refused = shop.ask(&ada(), &submit(&cart, 7, 2_500, "k", "checkout { id }")).await;
    assert_eq!(refused["data"]["checkoutSubmit"]["userErrors"][0]["code"], "VERSION_CONFLICT");
    let bought = shop.ask(&ada(), &submit(&cart, 1, 2_500, "k", "checkout { state }")).await;
    assert_eq!(bought["data"]["checkoutSubmit"]["checkout"], json!({ "state": "RUNNING" }));
}

#[tokio::test]
async fn a_fault_after_the_commit_does_not_hide_the_order_that_was_bought() {
    let shop = Shop::open().await;
    let cart = shop.cart_with(&ada(), &[("a", 2)]).await;
    let query = submit(&cart, 1, 2_500, "k", "checkout { id state }");
    let bought = shop.ask_bare(&ada(), &query).await;
    run(&shop, "ALTER TABLE cart RENAME TO cart_gone").await;
    let again = shop.ask_bare(&ada(), &query).await;
    run(&shop, "ALTER TABLE cart_gone RENAME TO cart").await;
    assert_eq!(again, bought, "the key has an answer already");
}

/// Only SQLite can be told that its disk is full.
#[tokio::test]
async fn a_request_that_could_not_be_written_leaves_its_key_free() {
    if kit::testing::variable("MERCATO_TEST_ENGINE").as_deref() == Some("postgres") {
        return;
    }
    let shop = Shop::open().await;
    let cart = shop.cart_with(&ada(), &[("a", 2)]).await;
    let pages: i64 = {
        use sea_orm::{FromQueryResult, Statement};
        #[derive(FromQueryResult)]
        struct Pages {
            page_count: i64,
        }
        let ask = Statement::from_string(shop.db.raw().get_database_backend(), "PRAGMA page_count");
        Pages::find_by_statement(ask).one(shop.db.raw()).await.expect("it counts").expect("one row").page_count
    };
    run(&shop, &format!("PRAGMA max_page_count = {pages}")).await;
    run(
        &shop,
        "CREATE TRIGGER swell AFTER INSERT ON checkout BEGIN UPDATE checkout SET saga = hex(zeroblob(4000000)); END",
    )
    .await;
    let query = submit(&cart, 1, 2_500, "k", "checkout { state }");
    let broken = shop.ask_bare(&ada(), &query).await;
    assert_eq!(broken["errors"][0]["extensions"]["code"], "UNAVAILABLE", "{broken}");
    run(&shop, "PRAGMA max_page_count = 1000000").await;
    run(&shop, "DROP TRIGGER swell").await;
    let bought = shop.ask(&ada(), &query).await;
    assert_eq!(bought["data"]["checkoutSubmit"]["checkout"], json!({ "state": "RUNNING" }), "{bought}");
}
