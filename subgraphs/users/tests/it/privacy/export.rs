//! Everything that the shop holds on somebody, given to them.

use chrono::TimeDelta;
use kit::Viewer;
use kit::identity::privacy::{EXPORT, EXPORTED};
use serde_json::{Value, json};

use super::{KEEPERS, example, names};
use crate::Users;

#[tokio::test]
async fn every_keeper_is_asked_and_the_file_holds_what_each_has_handed_over() {
    let users = Users::new().await;
    users.somebody("ada@example.com", "Ada Lovelace").await;
    let ada = users.device("ada@example.com", "Ada's telephone").await.viewer;
    let id = users.begin_export(&ada).await;
    let asked = users.asked().await;
    assert_eq!(asked.iter().map(|message| message.body["keeper"].clone()).collect::<Vec<_>>(), KEEPERS);
    for question in &asked {
        assert_eq!((question.kind.as_str(), names(&question.body)), (EXPORT, names(&example(EXPORT))));
        assert_eq!(users.export_of(&ada, &id).await["state"], "PREPARING");
        assert_eq!(users.export_of(&ada, &id).await["document"], Value::Null, "no half of it");
        users.answered(question, EXPORTED).await;
        users.answered(question, EXPORTED).await;
    }
    let ready = users.export_of(&ada, &id).await;
    assert_eq!((&ready["state"], &ready["url"]), (&json!("READY"), &json!(format!("/auth/export/{id}"))));
    let document = &ready["document"];
    for keeper in KEEPERS {
        assert_eq!(document[keeper], example(EXPORTED)["part"]);
    }
    let own = &document["users"];
    assert_eq!(own["account"]["email"], "ada@example.com");
    assert_eq!(own["sessions"][0]["device"], "Ada's telephone");
    assert!(own["sessions"][0]["createdAt"].is_string(), "{own:#}");
    assert!(!own.to_string().contains("argon2") && !own.to_string().contains("hash"), "{own:#}");
}

#[tokio::test]
async fn an_export_is_its_owners_alone_and_not_for_ever() {
    let users = Users::new().await;
    users.somebody("ada@example.com", "Ada").await;
    let ada = users.device("ada@example.com", "browser").await.viewer;
    let id = users.begin_export(&ada).await;
    for question in users.asked().await {
        users.answered(&question, EXPORTED).await;
    }
    let strangers =
        [Viewer::anonymous(), Viewer::user("user_eve"), Viewer::staff("user_staff", &["users"]), Viewer::guest("g")];
    for stranger in strangers {
        assert_eq!(users.export_of(&stranger, &id).await, Value::Null, "{stranger:?}");
    }
    users.clock.advance(TimeDelta::days(7));
    let over = users.export_of(&ada, &id).await;
    assert_eq!((&over["state"], &over["document"]), (&json!("EXPIRED"), &Value::Null));
    assert_eq!(users.look().await, 1);
    let left = kit::testing::rows(&users.db).await;
    let left: Vec<&String> =
        left.iter().filter(|row| row.starts_with("privacy_step") || row.starts_with("data_")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn who_does_not_answer_is_asked_again_under_the_same_id() {
    let users = Users::new().await;
    users.somebody("ada@example.com", "Ada").await;
    let ada = users.device("ada@example.com", "browser").await.viewer;
    users.begin_export(&ada).await;
    let first = users.asked().await;
    for question in first.iter().filter(|question| question.body["keeper"] != "reviews") {
        users.answered(question, EXPORTED).await;
    }
    assert_eq!(users.look().await, 0, "there is time");
    for pause in [5, 10, 20] {
        users.clock.advance(TimeDelta::seconds(pause));
        assert_eq!(users.look().await, 1, "after {pause} s");
        assert_eq!(users.look().await, 0, "once");
    }
    let again = users.asked().await.split_off(first.len());
    assert_eq!(again.len(), 3);
    assert!(again.iter().all(|question| *question == first[2]), "{again:?}");
}

#[tokio::test]
async fn whoever_asks_twice_is_given_one_export() {
    let users = Users::new().await;
    users.somebody("ada@example.com", "Ada").await;
    let ada = users.device("ada@example.com", "browser").await.viewer;
    let (one, other) = tokio::join!(users.begin_export(&ada), users.begin_export(&ada));
    assert_eq!(one, other);
    for question in users.asked().await {
        users.answered(&question, EXPORTED).await;
    }
    let next = users.begin_export(&ada).await;
    assert_ne!(next, one, "the first is ready: it is not what the shop holds now");
    let all = users.ask(ada, "{ me { dataExports { id state } } }", json!({})).await;
    let expected = json!([{"id": next, "state": "PREPARING"}, {"id": one, "state": "READY"}]);
    let mut told = all["data"]["me"]["dataExports"].as_array().expect("a list").clone();
    told.sort_by_key(|export| export["state"].to_string());
    assert_eq!(json!(told), expected);
}

#[tokio::test]
async fn an_export_takes_a_recent_proof_of_who_one_is() {
    let users = Users::new().await;
    users.somebody("ada@example.com", "Ada").await;
    let mut ada = users.device("ada@example.com", "browser").await.viewer;
    ada.signed.as_mut().expect("signed in").is_recent = false;
    let ask = "mutation { userDataExport { dataExport { id } userErrors { code } } }";
    let refused = users.ask(ada.clone(), ask, json!({})).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "STEP_UP_REQUIRED");
    assert!(users.asked().await.is_empty(), "nobody was asked for anything");
    ada.signed.as_mut().expect("signed in").is_recent = true;
    let id = users.begin_export(&ada).await;
    for question in users.asked().await {
        users.answered(&question, EXPORTED).await;
    }
    assert!(users.export_of(&ada, &id).await["document"].is_object());
    ada.signed.as_mut().expect("signed in").is_recent = false;
    let later = users.export_of(&ada, &id).await;
    assert_eq!((&later["state"], &later["document"]), (&json!("READY"), &Value::Null), "nor is the file given out");
}

#[tokio::test]
async fn orders_is_told_by_which_verified_address_guests_orders_are_known() {
    let users = Users::new().await;
    users.somebody("ada@example.com", "Ada").await;
    let ada = users.device("ada@example.com", "browser").await.viewer;
    users.begin_export(&ada).await;
    let told = async |keeper: &str| users.asked_of(keeper).await.body["emailHash"].clone();
    assert_eq!(told("orders").await, json!(kit::identity::token::email_hash("ada@example.com")));
    assert_eq!(told("payments").await, Value::Null);
}
