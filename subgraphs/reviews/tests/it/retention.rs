//! What is kept, and for how long.

use chrono::TimeDelta;
use kit::db::retention::forget_old;
use kit::testing::{rows, sweeps_by_index};

use crate::Reviews;

async fn submissions_kept(reviews: &Reviews) -> usize {
    forget_old(&reviews.db, &reviews.clock, &reviews::retention()).await.expect("the database answers");
    rows(&reviews.db).await.iter().filter(|row| row.starts_with("review_submission: ")).count()
}

#[tokio::test]
async fn a_submission_s_key_is_remembered_for_thirty_days_and_its_review_is_never_written_twice() {
    let reviews = Reviews::of(&["prod_1"]).await;
    let first = reviews.submit("user_ada", "key", "prod_1", 4).await;
    reviews.clock.advance(TimeDelta::days(29));
    assert_eq!(submissions_kept(&reviews).await, 1);
    assert_eq!(reviews.submit("user_ada", "key", "prod_1", 4).await, first);
    reviews.clock.advance(TimeDelta::days(1));
    assert_eq!(submissions_kept(&reviews).await, 0);
    let late = reviews.submit("user_ada", "key", "prod_1", 4).await;
    assert_eq!(late["data"]["reviewSubmit"]["userErrors"][0]["code"], "ALREADY_EXISTS", "{late}");
    assert_eq!(submissions_kept(&reviews).await, 0);
}

#[tokio::test]
async fn the_sweep_goes_by_an_index() {
    let reviews = Reviews::new().await;
    assert_eq!(sweeps_by_index(&reviews.db, &reviews::retention()).await, ["review_submission_age", "heard_order_age"]);
}
