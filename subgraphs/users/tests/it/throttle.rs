use chrono::TimeDelta;
use insta::assert_json_snapshot;
use kit::testing::{TestRedis, manual_clock};
use kit::{Clock, Viewer};
use serde_json::{Value, json};
use users::{Settings, ensure_account};

use crate::{PASSWORD, Users, code, desk};

pub fn few() -> Settings {
    Settings {
        logins_per_account: 3,
        logins_per_client: 5,
        registrations_per_client: 3,
        // Who has to wait is told so at once.
        login_wait_seconds: 0,
        ..Settings::default()
    }
}

pub async fn users() -> Users {
    let users = Users::with(manual_clock(), few(), None).await;
    for name in ["ada", "bob"] {
        users.somebody(&format!("{name}@example.com"), name).await;
    }
    users
}

impl Users {
    /// What a device is known by on which this user has signed in.
    pub async fn known_device(&self, email: &str) -> String {
        let document = LOGIN_ON.replace("accessToken", "deviceToken");
        let input = json!({"input": {"email": email, "password": PASSWORD}});
        crate::text(&self.ask(Viewer::anonymous(), &document, input).await, "/data/userLogin/deviceToken")
    }

    pub async fn login_on(&self, device_token: &str, email: &str, password: &str) -> Value {
        let input = json!({"input": {"email": email, "password": password, "deviceToken": device_token}});
        self.ask(Viewer::anonymous(), LOGIN_ON, input).await
    }
}

const LOGIN_ON: &str = "mutation ($input: UserLoginInput!) {
    userLogin(input: $input) { accessToken userErrors { code } }
}";

pub fn refused(answer: &Value) -> bool {
    code(answer, "userLogin").as_deref() == Some("TOO_MANY_ATTEMPTS")
}

#[tokio::test]
async fn a_password_is_not_guessed_for_long() {
    let users = users().await;
    for _ in 0..3 {
        let wrong = users.login("ada@example.com", "guessed").await;
        assert_eq!(code(&wrong, "userLogin").as_deref(), Some("INVALID_CREDENTIALS"));
    }
    let before = users.db.statements();
    assert_json_snapshot!(users.login(" ADA@example.com", PASSWORD).await, @r#"
    {
      "data": {
        "userLogin": {
          "accessToken": null,
          "expiresAt": null,
          "refreshToken": null,
          "user": null,
          "userErrors": [
            {
              "__typename": "TooManyAttempts",
              "code": "TOO_MANY_ATTEMPTS",
              "message": "That was tried too often. Wait a while, then try again.",
              "path": [],
              "retryAfterSeconds": 1
            }
          ]
        }
      }
    }
    "#);
    assert_eq!(users.db.statements(), before, "nothing was looked at");
    assert!(!refused(&users.login("bob@example.com", PASSWORD).await));
    users.clock.advance(TimeDelta::seconds(1));
    assert!(!refused(&users.login("ada@example.com", PASSWORD).await));
}

#[tokio::test]
async fn a_sign_in_whose_turn_is_near_is_held_back_instead_of_refused() {
    let users = Users::with(Clock::system(), Settings { login_wait_seconds: 4, ..few() }, None).await;
    users.somebody("ada@example.com", "Ada").await;
    for _ in 0..3 {
        users.login("ada@example.com", "guessed").await;
    }
    assert_eq!(code(&users.login("ada@example.com", PASSWORD).await, "userLogin"), None);
}

#[tokio::test]
async fn on_a_device_that_is_known_nobody_else_s_guesses_count() {
    let users = users().await;
    let token = users.known_device("ada@example.com").await;
    for _ in 0..20 {
        users.login("ada@example.com", "guessed").await;
    }
    assert!(refused(&users.login("ada@example.com", PASSWORD).await), "another device of the same network waits");
    assert_eq!(code(&users.login_on(&token, "ada@example.com", PASSWORD).await, "userLogin"), None);
    // The device is Ada's, and nobody else's.
    let bobs = users.known_device("bob@example.com").await;
    for stranger in [bobs.as_str(), "mdt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "", "no token"] {
        assert!(refused(&users.login_on(stranger, "ada@example.com", PASSWORD).await), "{stranger}");
    }
}

#[tokio::test]
async fn a_stolen_device_token_is_no_way_to_guess_for_long() {
    let users = users().await;
    let token = users.known_device("ada@example.com").await;
    let mut guesses = 0;
    for _ in 0..100 {
        guesses += u32::from(!refused(&users.login_on(&token, "ada@example.com", "guessed").await));
    }
    assert_eq!(guesses, 6, "three on the device, and three where strangers stand");
}

#[tokio::test]
async fn a_password_that_was_reset_by_mail_is_used_at_once_whatever_others_try() {
    let users = users().await;
    let post = users.post().await;
    for _ in 0..20 {
        users.login("ada@example.com", "guessed").await;
    }
    users.request_reset("ada@example.com").await;
    let reset = "mutation ($input: UserPasswordResetInput!) { userPasswordReset(input: $input) { deviceToken } }";
    let input = json!({"input": {"token": post.token("ada@example.com").await, "newPassword": "another horse"}});
    let answer = users.ask(Viewer::anonymous(), reset, input).await;
    for _ in 0..20 {
        users.login("ada@example.com", "guessed").await;
    }
    let token = crate::text(&answer, "/data/userPasswordReset/deviceToken");
    assert_eq!(code(&users.login_on(&token, "ada@example.com", "another horse").await, "userLogin"), None);
}

#[tokio::test]
async fn an_owner_hears_once_that_others_try_and_nobody_learns_whether_there_is_one() {
    let users = users().await;
    let post = users.post().await;
    let mut work = Vec::new();
    for email in ["ada@example.com", "nobody@example.com"] {
        let before = users.db.statements();
        for _ in 0..6 {
            users.login(email, "guessed").await;
            users.clock.advance(TimeDelta::seconds(60));
        }
        work.push(users.db.statements() - before);
    }
    assert_eq!(work[0], work[1], "the same work");
    let told = post.to("ada@example.com").await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].subject, "Somebody tries to sign in to your account at Mercato");
    assert!(post.to("nobody@example.com").await.is_empty());
    users.clock.advance(TimeDelta::hours(6));
    for _ in 0..6 {
        users.login("ada@example.com", "guessed").await;
        users.clock.advance(TimeDelta::seconds(60));
    }
    assert_eq!(post.to("ada@example.com").await.len(), 2, "and again hours later");
}

#[tokio::test]
async fn an_address_that_nobody_has_is_refused_like_one_that_somebody_has() {
    let users = users().await;
    let mut answers = [Vec::new(), Vec::new()];
    for _ in 0..5 {
        answers[0].push(users.login("ada@example.com", "guessed").await);
        answers[1].push(users.login("nobody@example.com", "guessed").await);
    }
    assert_eq!(answers[0], answers[1]);
}

#[tokio::test]
async fn one_client_tries_no_more_accounts_than_it_may() {
    let users = users().await;
    for number in 0..5 {
        let answer = users.login_from(Some("2001:db8::1"), &format!("{number}@example.com"), "guessed").await;
        assert!(!refused(&answer));
    }
    for client in ["2001:db8::1", "2001:db8::2"] {
        assert!(refused(&users.login_from(Some(client), "ada@example.com", PASSWORD).await), "{client}");
    }
    assert!(!refused(&users.login_from(Some("2001:db8:0:1::1"), "ada@example.com", PASSWORD).await));
}

#[tokio::test]
async fn what_a_refused_client_tries_locks_nobody_out() {
    let users = users().await;
    for _ in 0..5 {
        users.login_from(Some("192.0.2.1"), "bob@example.com", "guessed").await;
    }
    for _ in 0..50 {
        assert!(refused(&users.login_from(Some("192.0.2.1"), "ada@example.com", "guessed").await));
    }
    assert!(!refused(&users.login_from(Some("192.0.2.2"), "ada@example.com", PASSWORD).await));
}

#[tokio::test]
async fn whoever_knows_the_password_starts_afresh() {
    let users = users().await;
    for _ in 0..4 {
        users.login("ada@example.com", "mistyped").await;
        users.login("ada@example.com", "mistyped").await;
        assert_eq!(code(&users.login("ada@example.com", PASSWORD).await, "userLogin"), None);
    }
}

#[tokio::test]
async fn a_thousand_logins_in_one_document_are_a_few_attempts() {
    let users = users().await;
    let one = r#": userLogin(input: {email: "ada@example.com", password: "guessed"}) { userErrors { code } }"#;
    let document: String = (0..1_000).map(|number| format!("l{number}{one}\n")).collect();
    let answer = users.ask(Viewer::anonymous(), &format!("mutation {{ {document} }}"), json!({})).await;
    let data = answer["data"].as_object().expect("answers");
    let looked_at = data.values().filter(|login| login["userErrors"][0]["code"] == "INVALID_CREDENTIALS");
    assert_eq!((data.len(), looked_at.count()), (1_000, 3));
}

#[tokio::test]
async fn registrations_and_refreshes_are_counted_too() {
    let users = users().await;
    let client = || Users::caller(Some("192.0.2.1"), &[]);
    let register = async |number: u32| {
        let email = format!("{number}@example.com");
        let input = json!({"input": {"email": email, "password": PASSWORD, "displayName": "Ada"}});
        users.ask_as(client(), Viewer::anonymous(), crate::REGISTER, input).await
    };
    for number in 0..3 {
        assert_eq!(code(&register(number).await, "userRegister"), None);
    }
    assert_eq!(code(&register(4).await, "userRegister").as_deref(), Some("TOO_MANY_ATTEMPTS"));

    let mut token = users.device("ada@example.com", "phone").await.refresh;
    for _ in 0..60 {
        token = users.refreshed(&token).await;
    }
    assert_eq!(users.not_refreshed(&token).await.as_deref(), Some("TOO_MANY_ATTEMPTS"));
    users.clock.advance(TimeDelta::minutes(15));
    assert_eq!(users.not_refreshed(&token).await, None, "and the session goes on");
}

#[tokio::test]
async fn replicas_count_together_and_each_alone_while_redis_is_away() {
    let redis = TestRedis::start().await;
    let (one, bus) = (Users::with(manual_clock(), few(), Some(redis.bus().await)).await, redis.bus().await);
    ensure_account(&one.store, "ada@example.com", PASSWORD, "Ada", &[]).await.expect("an account");
    let other = Users { desk: desk(&one.store, &one.keys, few(), Some(bus), &one.clock), ..Users::new().await };
    for users in [&one, &other, &one] {
        assert!(!refused(&users.login("ada@example.com", "guessed").await));
    }
    for users in [&one, &other] {
        assert!(refused(&users.login("ada@example.com", PASSWORD).await));
    }
    let keys: Vec<String> =
        redis::cmd("KEYS").arg("*").query_async(&mut redis.bus().await.connection()).await.expect("Redis answers");
    assert!(keys.iter().all(|key| key.starts_with("mercato:attempts:login:{")), "{keys:?}");
    drop(redis);
    for _ in 0..3 {
        assert!(!refused(&one.login("ada@example.com", "guessed").await));
    }
    assert!(refused(&one.login("ada@example.com", PASSWORD).await));
}

#[tokio::test]
async fn passwords_that_are_too_weak_are_counted_too_before_anybody_looks_at_them() {
    let users = users().await;
    let from = |client: &'static str| Users::caller(Some(client), &[]);
    let register = async |client, password: &str| {
        let input = json!({"input": {"email": "eve@example.com", "password": password, "displayName": "Eve"}});
        code(&users.ask_as(from(client), Viewer::anonymous(), crate::REGISTER, input).await, "userRegister")
    };
    for _ in 0..5 {
        assert_eq!(register("192.0.2.1", "password1").await.as_deref(), Some("WEAK_PASSWORD"));
    }
    assert_eq!(register("192.0.2.1", "password1").await.as_deref(), Some("TOO_MANY_ATTEMPTS"));
    assert_eq!(register("192.0.2.2", PASSWORD).await, None, "no mail was sent that counts for the address");
}

#[tokio::test]
async fn a_link_takes_no_more_passwords_than_it_may() {
    let users = Users::new().await;
    let post = users.post().await;
    let register = json!({"input": {"email": "ada@example.com", "password": PASSWORD, "displayName": "Ada"}});
    users.ask(Viewer::anonymous(), crate::REGISTER, register).await;
    let link = post.token("ada@example.com").await;
    let from = |client: &'static str| Users::caller(Some(client), &[]);
    let verify = async |client, password: Option<&str>| {
        let input = json!({"input": {"token": link, "password": password}});
        code(&users.ask_as(from(client), Viewer::anonymous(), crate::verify::VERIFY, input).await, "userEmailVerify")
    };
    for _ in 0..10 {
        assert_eq!(verify("192.0.2.1", Some("password1")).await.as_deref(), Some("WEAK_PASSWORD"));
    }
    assert_eq!(verify("192.0.2.2", Some(PASSWORD)).await.as_deref(), Some("TOO_MANY_ATTEMPTS"), "whoever comes");
    users.clock.advance(TimeDelta::minutes(15));
    assert_eq!(verify("192.0.2.2", Some(PASSWORD)).await, None, "and the link holds on");

    let ask = "mutation ($input: UserPasswordResetRequestInput!) {
        userPasswordResetRequest(input: $input) { userErrors { code } }
    }";
    users.ask(Viewer::anonymous(), ask, json!({"input": {"email": "ada@example.com"}})).await;
    let link = post.token("ada@example.com").await;
    let reset = async |password: &str| {
        let set =
            "mutation ($input: UserPasswordResetInput!) { userPasswordReset(input: $input) { userErrors { code } } }";
        let input = json!({"input": {"token": link, "newPassword": password}});
        code(&users.ask(Viewer::anonymous(), set, input).await, "userPasswordReset")
    };
    for _ in 0..10 {
        assert_eq!(reset("password1").await.as_deref(), Some("WEAK_PASSWORD"));
    }
    assert_eq!(reset("another horse").await.as_deref(), Some("TOO_MANY_ATTEMPTS"));
    users.clock.advance(TimeDelta::minutes(15));
    assert_eq!(reset("another horse").await, None);
}
