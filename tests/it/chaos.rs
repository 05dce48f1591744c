//! A shop under attack, as far as there is time for it at every change. `./mercato chaos` does the same at length, and more:
//! it pauses and repeats at every point, fills the disk, renews every replica under load, and cuts off Redis and Postgres.

use system_tests::chaos::points::Mode;
use system_tests::chaos::{Report, doubles, hot, kills, points, redis};

#[tokio::test]
async fn a_process_that_dies_at_any_named_point_loses_nothing_and_does_nothing_twice() {
    assert!(points::points().len() > 30, "the points are found in the sources");
    holds(&points::run(&[Mode::Kill], "").await);
}

#[tokio::test]
async fn random_kills_under_load_lose_nothing() {
    holds(&kills::run(1, 12).await);
}

#[tokio::test]
async fn a_redis_that_is_emptied_trimmed_and_restarted_under_load_loses_nothing() {
    holds(&redis::run(2).await);
}

#[tokio::test]
async fn of_a_hot_variant_exactly_the_stock_is_sold() {
    holds(&hot::run(160, 16).await);
}

#[tokio::test]
async fn a_double_submit_is_one_order() {
    holds(&doubles::run(40, 8).await);
}

fn holds(report: &Report) {
    assert!(report.violations().is_empty(), "{:#?}", report.violations());
}
