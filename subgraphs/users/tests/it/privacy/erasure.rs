//! Somebody is forgotten.

use chrono::TimeDelta;
use kit::Viewer;
use kit::identity::audit::{AuditEvent, RECORDED};
use kit::identity::privacy::{ERASE, ERASE_REFUSED, ERASED};
use kit::testing::{columns, rows, sent};
use serde_json::{Value, json};

use super::{example, names};
use crate::{PASSWORD, Users, code};

/// What of Ada must not be found anywhere.
const MARKS: [&str; 5] = ["ada@example.com", "Lovelace", "telephone", "Analytical Street", "google-subject"];

async fn somebody_known(users: &Users) -> Viewer {
    users.somebody("ada@example.com", "Ada Lovelace").await;
    let ada = users.device("ada@example.com", "Ada's telephone").await.viewer;
    let add =
        "mutation ($input: UserAddressAddInput!) { userAddressAdd(input: $input) { userErrors { code message } } }";
    let address = json!({"name": "Ada Lovelace", "line1": "1 Analytical Street", "city": "London", "country": "GB",
        "postalCode": "SW1A 1AA"});
    let added = users.ask(ada.clone(), add, json!({ "input": { "address": address } })).await;
    assert_eq!(added["data"]["userAddressAdd"]["userErrors"], json!([]), "{added:#}");
    let asked = json!({"input": {"email": "ada@example.com"}});
    let reset = "mutation ($input: UserPasswordResetRequestInput!) { userPasswordResetRequest(input: $input) { userErrors { code } } }";
    users.ask(Viewer::anonymous(), reset, asked).await;
    ada
}

/// Rows that still name Ada.
async fn traces(users: &Users) -> Vec<String> {
    let all = rows(&users.db).await.into_iter();
    all.filter(|row| MARKS.iter().any(|mark| row.contains(mark))).collect()
}

#[tokio::test]
async fn nothing_of_somebody_is_left_once_all_have_forgotten() {
    let users = Users::new().await;
    let ada = somebody_known(&users).await;
    users.begin_export(&ada).await;
    let post = users.post().await;
    assert!(traces(&users).await.len() >= 5, "{:#?}", traces(&users).await);

    let id = users.begin_erasure(&ada, json!({ "password": PASSWORD })).await;
    let question = users.asked_of("orders").await;
    assert_eq!((question.kind.as_str(), names(&question.body)), (ERASE, names(&example(ERASE))));
    assert_eq!(users.erasure_of(&ada, &id).await["state"], "REQUESTED");
    users.answered(&question, ERASED).await;
    users.answered(&question, ERASED).await;
    assert_eq!(users.erasure_of(&ada, &id).await["state"], "ERASING");
    assert_eq!(
        code(&users.login("ada@example.com", PASSWORD).await, "userLogin").as_deref(),
        Some("INVALID_CREDENTIALS")
    );

    for keeper in ["payments", "reviews", "shipping"] {
        users.answered(&users.asked_of(keeper).await, ERASED).await;
    }
    assert_eq!(users.asked_of("orders").await.body["pass"], 1, "the second question has its time");
    users.clock.advance(TimeDelta::seconds(960));
    assert_eq!(users.look().await, 4);
    for keeper in ["orders", "payments", "reviews", "shipping"] {
        let last = users.asked_of(keeper).await;
        assert_eq!(last.body["pass"], 2);
        users.answered(&last, ERASED).await;
    }

    assert_eq!(users.look().await, 0, "the last mail is not out");
    let mails = post.to("ada@example.com").await;
    assert_eq!(mails.last().expect("a mail").subject, "Your account at Mercato is erased");
    assert_eq!(mails.len(), 1, "what was waiting for her is not sent any more");
    assert_eq!(users.look().await, 1);
    assert_eq!(traces(&users).await, Vec::<String>::new());
    let staff = Viewer::staff("user_staff", &["users"]);
    let erased = users.erasure_of(&staff, &id).await;
    assert_eq!(erased["state"], "ERASED");
    let kinds: Vec<&str> = erased["timeline"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| one["kind"].as_str().expect("a word"))
        .collect();
    assert_eq!((kinds[0], *kinds.last().expect("some")), ("requested", "erased"));
    assert_eq!(users.look().await, 0, "once and for all");
}

#[tokio::test]
async fn whoever_waits_for_a_parcel_keeps_the_account_until_it_has_arrived() {
    let users = Users::new().await;
    let ada = somebody_known(&users).await;
    let id = users.begin_erasure(&ada, json!({ "password": PASSWORD })).await;
    let question = users.asked_of("orders").await;
    users.answered(&question, ERASE_REFUSED).await;
    let waiting = users.erasure_of(&ada, &id).await;
    assert_eq!(waiting["state"], "WAITING");
    let hold = json!({"reason": "orders_on_their_way", "count": 1, "nextLookAt": "2026-01-05T13:00:00+00:00"});
    assert_eq!(waiting["waitingFor"], hold);
    assert_eq!(code(&users.login("ada@example.com", PASSWORD).await, "userLogin"), None, "to see the parcel come");

    assert_eq!(users.look().await, 0);
    users.clock.advance(TimeDelta::hours(1));
    assert_eq!(users.look().await, 1);
    assert_eq!(users.asked_of("orders").await, question, "the same question");
    users.answered(&question, ERASED).await;
    let erasing = users.erasure_of(&ada, &id).await;
    assert_eq!((&erasing["state"], &erasing["waitingFor"]), (&json!("ERASING"), &Value::Null));
}

#[tokio::test]
async fn orders_alone_learns_by_which_address_guests_orders_are_known_and_it_is_kept_no_longer_than_that() {
    let users = Users::new().await;
    let ada = somebody_known(&users).await;
    let hash = kit::identity::token::email_hash("ada@example.com");
    users.begin_erasure(&ada, json!({ "password": PASSWORD })).await;
    let question = users.asked_of("orders").await;
    assert_eq!(question.body["emailHash"], json!(hash));
    users.answered(&question, ERASED).await;
    for keeper in ["payments", "reviews", "shipping"] {
        assert_eq!(users.asked_of(keeper).await.body["emailHash"], Value::Null);
    }
    let kept: Vec<String> = rows(&users.db).await.into_iter().filter(|row| row.contains(&hash)).collect();
    assert!(kept.iter().all(|row| row.starts_with("outbox")), "{kept:#?}");
}

#[tokio::test]
async fn every_session_ends_with_the_wish() {
    let users = Users::new().await;
    let ada = somebody_known(&users).await;
    let other = users.device("ada@example.com", "browser").await;
    users.begin_erasure(&ada, json!({ "password": PASSWORD })).await;
    assert_eq!(users.not_refreshed(&other.refresh).await.as_deref(), Some("SESSION_ENDED"));
}

#[tokio::test]
async fn another_password_erases_nobody_and_the_same_wish_begins_once() {
    let users = Users::new().await;
    let ada = somebody_known(&users).await;
    for wrong in [json!({}), json!({ "password": "wrong password" }), json!({ "password": "" })] {
        let refused = users.erase(&ada, wrong).await;
        assert_eq!(code(&refused, "userErase").as_deref(), Some("INVALID_CREDENTIALS"));
    }
    assert!(users.asked().await.is_empty());
    let input = json!({ "password": PASSWORD });
    let first = users.begin_erasure(&ada, input.clone()).await;
    assert_eq!(users.begin_erasure(&ada, input).await, first);
    assert_eq!(users.asked().await.len(), 1);
}

#[tokio::test]
async fn without_a_password_a_sign_in_just_now_will_do() {
    let users = Users::new().await;
    let linked = users.sign_in("google", "google-subject", Some(("ada@example.com", true))).await;
    let ada = users.signed_in(&linked, "/data/userIdentitySignIn").await.viewer;
    users.clock.advance(TimeDelta::minutes(11));
    let refused = users.erase(&ada, json!({})).await;
    assert_eq!(code(&refused, "userErase").as_deref(), Some("SIGN_IN_AGAIN"));
    let again = users.sign_in("google", "google-subject", None).await;
    let ada = users.signed_in(&again, "/data/userIdentitySignIn").await.viewer;
    users.begin_erasure(&ada, json!({})).await;
    users.answered(&users.asked_of("orders").await, ERASED).await;
    let anew = users.sign_in("google", "google-subject", Some(("ada@example.com", true))).await;
    let anew = users.signed_in(&anew, "/data/userIdentitySignIn").await.viewer;
    assert_ne!(anew.signed.map(|new| new.user_id), ada.signed.map(|old| old.user_id), "a new account");
}

#[tokio::test]
async fn staff_erase_with_the_permission_and_on_the_record() {
    let users = Users::new().await;
    let id = users.somebody("ada@example.com", "Ada Lovelace").await;
    for other in [Viewer::user("user_eve"), Viewer::staff("user_staff", &["orders"])] {
        let refused = users.erase(&other, json!({ "userId": id, "password": PASSWORD })).await;
        assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN");
    }
    let staff = Viewer::staff("user_staff", &["users"]);
    let nobody = users.erase(&staff, json!({ "userId": "user_nobody" })).await;
    assert_eq!(code(&nobody, "userErase").as_deref(), Some("NOT_FOUND"));
    users.begin_erasure(&staff, json!({ "userId": id, "removeReviews": true })).await;
    users.begin_erasure(&staff, json!({ "userId": id })).await;
    assert_eq!(users.asked_of("orders").await.body["textsToo"], true);
    let told: Vec<AuditEvent> = sent(&users.db)
        .await
        .into_iter()
        .filter(|(_, message)| message.kind == RECORDED)
        .map(|(_, message)| message.read().expect("a deed"))
        .collect();
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].actor.as_str(), told[0].action.as_str(), &told[0].subject), ("user_staff", "user.erase", &id));
}

/// Tables with a `user_id` that hold nothing but it, or are emptied by other means.
const LOOKED_AT: [&str; 4] = ["data_export", "erasure", "privacy_step", "session"];

/// Tables whose rows go with the user.
const FORGOTTEN: [&str; 8] = [
    "saved_address",
    "preferences",
    "consent",
    "identity",
    "known_device",
    "second_factor",
    "recovery_code",
    "one_use_token",
];

#[tokio::test]
async fn whoever_adds_a_table_of_users_says_what_becomes_of_it() {
    let users = Users::new().await;
    let of_users: Vec<String> = columns(&users.db).await;
    let of_users = of_users.iter().filter_map(|column| column.strip_suffix(".user_id"));
    let unknown: Vec<&str> =
        of_users.filter(|table| !LOOKED_AT.contains(table)).filter(|table| !FORGOTTEN.contains(table)).collect();
    assert!(unknown.is_empty(), "{unknown:?}: add them to the places in `store/personal.rs`, and here");
}
