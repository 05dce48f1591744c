//! What is kept, and for how long.

use chrono::TimeDelta;
use kit::testing::sweeps_by_index;
use sea_orm::ConnectionTrait;
use serde_json::json;
use users::Settings;

use crate::{PASSWORD, Users, code};

/// Marks every mail as sent, or as given up.
async fn ended(users: &Users, column: &str) {
    sql(users, &format!("UPDATE mail SET {column} = created_at, next_at = NULL")).await;
}

async fn sql(users: &Users, statement: &str) {
    let txn = users.db.begin().await.expect("a transaction");
    txn.execute_unprepared(statement).await.expect("it is SQL");
    txn.commit().await.expect("it commits");
}

#[tokio::test]
async fn a_mail_is_forgotten_thirty_days_after_it_was_sent_or_given_up() {
    for column in ["sent_at", "dead_at"] {
        let users = Users::new().await;
        users.somebody("ada@example.com", "Ada").await;
        users.request_reset("ada@example.com").await;
        ended(&users, column).await;
        users.clock.advance(TimeDelta::days(29));
        users.forget_old().await;
        assert_eq!(users.count("mail").await, 1, "{column}");
        users.clock.advance(TimeDelta::days(1));
        users.forget_old().await;
        assert_eq!(users.count("mail").await, 0, "{column}");
    }
}

#[tokio::test]
async fn a_mail_that_waits_to_be_sent_stays_however_long_that_takes() {
    let users = Users::new().await;
    users.somebody("ada@example.com", "Ada").await;
    users.request_reset("ada@example.com").await;
    users.clock.advance(TimeDelta::days(400));
    users.forget_old().await;
    assert_eq!(users.count("mail").await, 1);
}

#[tokio::test]
async fn what_was_written_for_nobody_is_forgotten_with_the_links_that_are_over() {
    let users = Users::new().await;
    users.request_reset("nobody@example.com").await;
    assert_eq!((users.count("mail").await, users.count("one_use_token").await), (1, 1));
    users.clock.advance(TimeDelta::hours(24));
    users.forget_old().await;
    assert_eq!((users.count("mail").await, users.count("one_use_token").await), (0, 0));
}

#[tokio::test]
async fn a_device_is_forgotten_that_nobody_signs_in_on_for_half_a_year() {
    let users = Users::new().await;
    users.somebody("ada@example.com", "Ada").await;
    users.device("ada@example.com", "phone").await;
    users.clock.advance(TimeDelta::days(179));
    users.forget_old().await;
    assert_eq!((users.count("known_device").await, users.count("session").await), (1, 0));
    users.clock.advance(TimeDelta::days(1));
    users.forget_old().await;
    assert_eq!(users.count("known_device").await, 0);
}

#[tokio::test]
async fn every_sweep_goes_by_an_index() {
    let users = Users::new().await;
    let indexes = sweeps_by_index(&users.db, &Settings::default().retention()).await;
    let mails = ["mail_sent", "mail_to_nobody", "mail_dead", "account_unverified"];
    assert_eq!(indexes[..4], ["session_last_used", "session_ended", "known_device_last_used", "one_use_token_expiry"]);
    assert_eq!(indexes[4..], mails);
}

#[tokio::test]
async fn what_somebody_agreed_to_is_never_changed_and_goes_with_its_person() {
    let users = Users::new().await;
    let ada = users.somebody("ada@example.com", "Ada").await;
    let agree = "mutation ($input: UserPreferencesUpdateInput!) { userPreferencesUpdate(input: $input) { userErrors { code } } }";
    let input = json!({"input": {"marketingConsent": true, "consentSource": "footer"}});
    users.ask(kit::Viewer::user(&ada), agree, input).await;
    let change = |statement: &'static str| {
        let db = users.db.clone();
        async move {
            let txn = db.begin().await.expect("a transaction");
            let done = txn.execute_unprepared(statement).await.map(|done| done.rows_affected());
            done.map_err(|refused| refused.to_string())
        }
    };
    let refused = change("UPDATE consent SET given = NOT given").await.expect_err("written once");
    assert!(refused.contains("consent is written once"), "{refused}");
    assert_eq!(change("DELETE FROM consent").await, Ok(1), "as an erasure does");
}

#[tokio::test]
async fn an_account_that_nobody_verifies_is_forgotten_thirty_days_after_the_last_registration() {
    let users = Users::new().await;
    let post = users.post().await;
    users.register("bob@example.com", PASSWORD, "Bob").await;
    users.verify_with(&post.token("bob@example.com").await, PASSWORD).await;
    users.register("ada@example.com", PASSWORD, "Ada").await;
    users.clock.advance(TimeDelta::days(20));
    users.register("ada@example.com", PASSWORD, "Ada").await;
    users.clock.advance(TimeDelta::days(29));
    users.forget_old().await;
    assert_eq!(users.count("account").await, 2);
    users.clock.advance(TimeDelta::days(1));
    users.forget_old().await;
    assert_eq!(users.count("account").await, 1);
    assert_eq!(code(&users.login("bob@example.com", PASSWORD).await, "userLogin"), None, "who verified stays");
    users.register("ada@example.com", PASSWORD, "Ada").await;
    assert_eq!(users.count("account").await, 2, "and the address is free");
}

#[tokio::test]
async fn a_link_to_an_account_that_was_forgotten_leads_nowhere() {
    let users = Users::new().await;
    let post = users.post().await;
    users.register("ada@example.com", PASSWORD, "Ada").await;
    users.clock.advance(TimeDelta::days(30) - TimeDelta::hours(1));
    users.send_verification("ada@example.com").await;
    let token = post.token("ada@example.com").await;
    users.clock.advance(TimeDelta::hours(1));
    users.forget_old().await;
    let late = users.verify_with(&token, PASSWORD).await;
    assert_eq!(code(&late, "userEmailVerify").as_deref(), Some("LINK_EXPIRED"), "{late}");
}

#[tokio::test]
async fn an_account_from_before_registrations_were_dated_stays_whoever_registers_with_its_address() {
    let users = Users::new().await;
    users.register("ada@example.com", PASSWORD, "Ada").await;
    sql(&users, "UPDATE account SET registered_at = NULL").await;
    users.register("ada@example.com", PASSWORD, "Ada").await;
    users.clock.advance(TimeDelta::days(31));
    users.forget_old().await;
    assert_eq!(users.count("account").await, 1);
}
