use chrono::TimeDelta;
use kit::Viewer;
use kit::testing::{TestRedis, manual_clock};
use serde_json::{Value, json};
use users::Settings;

use crate::{Device, Users, code};

const SESSIONS: &str = "{ me { sessions(first: 100) { nodes { id device createdAt lastUsedAt current } } } }";
const LOGOUT: &str = "mutation ($input: UserLogoutInput!) { userLogout(input: $input) { userErrors { code } } }";
const REVOKE: &str =
    "mutation ($input: UserSessionRevokeInput!) { userSessionRevoke(input: $input) { userErrors { code message } } }";

impl Users {
    async fn devices(&self, device: &Device) -> Vec<(Value, Value)> {
        let answer = self.ask(device.viewer.clone(), SESSIONS, json!({})).await;
        let sessions = answer["data"]["me"]["sessions"]["nodes"].as_array().unwrap_or_else(|| panic!("{answer:#}"));
        sessions.iter().map(|session| (session["device"].clone(), session["current"].clone())).collect()
    }
}

async fn three_devices() -> (Users, [Device; 3]) {
    let users = Users::new().await;
    users.somebody("ada@example.com", "Ada").await;
    let mut devices = Vec::new();
    for name in ["phone", "laptop", "tablet"] {
        devices.push(users.device("ada@example.com", name).await);
        users.clock.advance(TimeDelta::minutes(1));
    }
    (users, devices.try_into().ok().expect("three"))
}

#[tokio::test]
async fn somebody_sees_where_they_are_signed_in_the_last_used_first() {
    let (users, [phone, laptop, _]) = three_devices().await;
    assert_eq!(
        users.devices(&laptop).await,
        [(json!("tablet"), json!(false)), (json!("laptop"), json!(true)), (json!("phone"), json!(false))]
    );
    users.refreshed(&phone.refresh).await;
    assert_eq!(users.devices(&phone).await[0], (json!("phone"), json!(true)));
    let answer = users.ask(phone.viewer.clone(), SESSIONS, json!({})).await;
    assert_eq!(answer["data"]["me"]["sessions"]["nodes"][0]["createdAt"], "2026-01-05T12:00:00+00:00");
    assert_eq!(answer["data"]["me"]["sessions"]["nodes"][0]["lastUsedAt"], "2026-01-05T12:03:00+00:00");
}

#[tokio::test]
async fn nobody_sees_where_somebody_else_is_signed_in() {
    let (users, [phone, ..]) = three_devices().await;
    let ada = phone.viewer.signed.as_ref().expect("signed in").user_id.clone();
    let bob = users.somebody("bob@example.com", "Bob").await;
    let document = "query ($of: [_Any!]!) { _entities(representations: $of) { ... on User {
        sessions { nodes { id } } identities { provider } role permissions emailVerified
    } } }";
    let of = json!({"of": [{"__typename": "User", "id": ada}]});
    let nothing = json!({"data": {"_entities": [
        {"sessions": null, "identities": null, "role": null, "permissions": null, "emailVerified": null},
    ]}});
    for viewer in [Viewer::anonymous(), Viewer::user(&bob), Viewer::staff(&bob, &["users"])] {
        assert_eq!(users.ask(viewer, document, of.clone()).await, nothing);
    }
}

#[tokio::test]
async fn forty_sessions_cost_the_statements_of_one() {
    let users = Users::new().await;
    users.somebody("ada@example.com", "Ada").await;
    let device = users.device("ada@example.com", "one").await;
    let mut counts = Vec::new();
    for many in [1, 40] {
        users.more_sessions(&device.viewer, many - 1).await;
        let before = users.db.statements();
        assert_eq!(users.devices(&device).await.len(), many);
        counts.push(users.db.statements() - before);
    }
    assert_eq!(counts, [2, 2], "the account, and its sessions");
}

#[tokio::test]
async fn pages_of_sessions_follow_each_other_the_last_used_first() {
    let users = Users::new().await;
    users.somebody("ada@example.com", "Ada").await;
    let device = users.device("ada@example.com", "one").await;
    users.more_sessions(&device.viewer, 6).await;
    let page = "query($after: String) { me { sessions(first: 3, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } } }";
    let (mut seen, mut after) = (Vec::new(), Value::Null);
    loop {
        let answer = users.ask(device.viewer.clone(), page, json!({"after": after})).await;
        let sessions = &answer["data"]["me"]["sessions"];
        let nodes = sessions["nodes"].as_array().unwrap_or_else(|| panic!("{answer:#}"));
        seen.extend(nodes.iter().map(|one| one["id"].clone()));
        if sessions["pageInfo"]["hasNextPage"] != true {
            break;
        }
        after = sessions["pageInfo"]["endCursor"].clone();
    }
    let once: std::collections::BTreeSet<String> = seen.iter().map(Value::to_string).collect();
    assert_eq!((seen.len(), once.len()), (7, 7), "each once: {seen:?}");
}

#[tokio::test]
async fn who_signs_out_is_out_on_this_device_alone() {
    let (users, [phone, laptop, tablet]) = three_devices().await;
    let answer = users.ask(phone.viewer.clone(), LOGOUT, json!({"input": {}})).await;
    assert_eq!(answer, json!({"data": {"userLogout": {"userErrors": []}}}));
    assert_eq!(users.not_refreshed(&phone.refresh).await.as_deref(), Some("SESSION_ENDED"));
    assert_eq!(users.not_refreshed(&laptop.refresh).await, None);
    assert_eq!(users.devices(&tablet).await.len(), 2);
}

#[tokio::test]
async fn who_signs_out_everywhere_is_out_everywhere() {
    let (users, [phone, laptop, tablet]) = three_devices().await;
    users.ask(phone.viewer.clone(), LOGOUT, json!({"input": {"everywhere": true}})).await;
    for device in [phone, laptop, tablet] {
        assert_eq!(users.not_refreshed(&device.refresh).await.as_deref(), Some("SESSION_ENDED"));
    }
}

#[tokio::test]
async fn a_refresh_token_is_enough_to_sign_out() {
    let (users, [phone, laptop, _]) = three_devices().await;
    let input = json!({"input": {"refreshToken": phone.refresh}});
    users.ask(Viewer::anonymous(), LOGOUT, input).await;
    assert_eq!(users.not_refreshed(&phone.refresh).await.as_deref(), Some("SESSION_ENDED"));
    assert_eq!(users.devices(&laptop).await.len(), 2);
    for input in [json!({}), json!({"everywhere": true}), json!({"refreshToken": "nonsense"})] {
        let answer = users.ask(Viewer::anonymous(), LOGOUT, json!({"input": input})).await;
        assert_eq!(code(&answer, "userLogout"), None, "who is not signed in is signed out");
    }
    assert_eq!(users.devices(&laptop).await.len(), 2);
}

#[tokio::test]
async fn a_session_is_ended_from_another_device() {
    let (users, [phone, laptop, _]) = three_devices().await;
    let input = json!({"input": {"id": phone.session()}});
    assert_eq!(code(&users.ask(laptop.viewer.clone(), REVOKE, input.clone()).await, "userSessionRevoke"), None);
    assert_eq!(users.not_refreshed(&phone.refresh).await.as_deref(), Some("SESSION_ENDED"));
    let again = users.ask(laptop.viewer.clone(), REVOKE, input).await;
    assert_eq!(code(&again, "userSessionRevoke").as_deref(), Some("NOT_FOUND"));
}

#[tokio::test]
async fn somebody_else_s_session_and_none_are_one_answer() {
    let (users, [phone, ..]) = three_devices().await;
    let bob = Viewer::user(&users.somebody("bob@example.com", "Bob").await);
    let revoke = async |id: &str| users.ask(bob.clone(), REVOKE, json!({"input": {"id": id}})).await;
    let not_there = revoke("ses_none").await;
    assert_eq!(code(&not_there, "userSessionRevoke").as_deref(), Some("NOT_FOUND"));
    assert_eq!(revoke(phone.session()).await, not_there);
    assert_eq!(revoke("'; --").await, not_there);
    assert_eq!(users.not_refreshed(&phone.refresh).await, None, "and it goes on");
    let nobody = users.ask(Viewer::anonymous(), REVOKE, json!({"input": {"id": phone.session()}})).await;
    assert_eq!(nobody["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
}

#[tokio::test]
async fn a_device_s_name_is_one_short_line() {
    let users = Users::new().await;
    users.somebody("ada@example.com", "Ada").await;
    let input = json!({"input": {"email": "ada@example.com", "password": crate::PASSWORD, "device": "x".repeat(81)}});
    let answer = users.ask(Viewer::anonymous(), crate::LOGIN, input).await;
    assert_eq!(answer["data"]["userLogin"]["userErrors"][0]["path"], json!(["device"]));
}

#[tokio::test]
async fn everybody_hears_that_a_session_has_ended_even_after_redis_forgot() {
    let redis = TestRedis::start().await;
    let users = Users::with(manual_clock(), Settings::default(), Some(redis.bus().await)).await;
    users.somebody("ada@example.com", "Ada").await;
    let device = users.device("ada@example.com", "phone").await;
    let left = async || -> i64 {
        let key = format!("mercato:ended:{}", device.session());
        redis::cmd("TTL").arg(key).query_async(&mut redis.bus().await.connection()).await.expect("Redis answers")
    };
    assert_eq!(left().await, -2, "there is no such key");
    users.ask(device.viewer.clone(), LOGOUT, json!({"input": {}})).await;
    assert!((901..=930).contains(&left().await), "as long as an access token holds, and a little");
    let _: () = redis::cmd("FLUSHALL").query_async(&mut redis.bus().await.connection()).await.expect("emptied");
    users.clock.advance(TimeDelta::minutes(10));
    users.desk.sessions.keep_told().await.expect("told");
    assert!((301..=330).contains(&left().await), "for what is left of it");
    let key = format!("mercato:ended:{}", device.session());
    let _: i64 = redis::cmd("DEL").arg(key).query_async(&mut redis.bus().await.connection()).await.expect("deleted");
    users.desk.sessions.keep_told().await.expect("told");
    assert_eq!(left().await, -2, "what a Redis knows that has not been emptied is not told again");
    users.clock.advance(TimeDelta::minutes(6));
    assert_eq!(users.count("session").await, 1);
    users.forget_old().await;
    assert_eq!(users.count("session").await, 0);
}
