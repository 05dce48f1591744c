use chrono::TimeDelta;
use kit::Viewer;
use serde_json::{Value, json};

use crate::{PASSWORD, Users, code};

pub const VERIFY: &str = "mutation ($input: UserEmailVerifyInput!) {
    userEmailVerify(input: $input) {
        user { id displayName email emailVerified }
        accessToken
        expiresAt
        refreshToken
        userErrors { __typename code message path }
    }
}";
const SEND: &str = "mutation ($input: UserVerificationSendInput!) {
    userVerificationSend(input: $input) { userErrors { code message path } }
}";

impl Users {
    pub async fn verify(&self, token: &str) -> Value {
        self.ask(Viewer::anonymous(), VERIFY, json!({"input": {"token": token}})).await
    }

    pub async fn verify_with(&self, token: &str, password: &str) -> Value {
        self.ask(Viewer::anonymous(), VERIFY, json!({"input": {"token": token, "password": password}})).await
    }

    pub async fn send_verification(&self, email: &str) -> Value {
        self.ask(Viewer::anonymous(), SEND, json!({"input": {"email": email}})).await
    }
}

#[tokio::test]
async fn whoever_follows_the_link_is_in_and_can_sign_in_from_then_on() {
    let users = Users::new().await;
    let post = users.post().await;
    users.register("ada@example.com", PASSWORD, "Ada").await;
    assert_eq!(
        code(&users.login("ada@example.com", PASSWORD).await, "userLogin").as_deref(),
        Some("EMAIL_NOT_VERIFIED")
    );
    let token = post.token("ada@example.com").await;
    let answer = users.verify_with(&token, PASSWORD).await;
    let user = &answer["data"]["userEmailVerify"]["user"];
    assert_eq!((&user["email"], &user["emailVerified"]), (&json!("ada@example.com"), &json!(true)), "{answer:#}");
    let device = users.signed_in(&answer, "/data/userEmailVerify").await;
    let me = users.ask(device.viewer, "{ me { displayName } }", json!({})).await;
    assert_eq!(me["data"]["me"]["displayName"], "Ada");
    assert_eq!(code(&users.login("ada@example.com", PASSWORD).await, "userLogin"), None);
}

#[tokio::test]
async fn a_link_holds_once_and_for_a_day() {
    let users = Users::new().await;
    let post = users.post().await;
    users.register("ada@example.com", PASSWORD, "Ada").await;
    let token = post.token("ada@example.com").await;
    users.clock.advance(TimeDelta::hours(24));
    assert_eq!(code(&users.verify(&token).await, "userEmailVerify").as_deref(), Some("LINK_EXPIRED"));
    users.send_verification("ada@example.com").await;
    let token = post.token("ada@example.com").await;
    let (one, other) = tokio::join!(users.verify(&token), users.verify(&token));
    let mut codes = [code(&one, "userEmailVerify"), code(&other, "userEmailVerify")];
    codes.sort();
    assert_eq!(codes, [None, Some("LINK_EXPIRED".to_owned())]);
    for guess in ["", "mot_", "mot_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "'; drop table account; --\0"] {
        assert_eq!(code(&users.verify(guess).await, "userEmailVerify").as_deref(), Some("LINK_EXPIRED"), "{guess}");
    }
}

const SQUATTERS: &str = "the squatter's";

/// Whether the squatter's password opens the account.
async fn squatter_is_in(users: &Users) -> bool {
    let answer = users.login("ada@example.com", SQUATTERS).await;
    answer["data"]["userLogin"]["accessToken"].is_string()
}

#[tokio::test]
async fn whoever_registers_somebody_s_address_has_no_password_whichever_link_its_owner_follows() {
    // Every order of what a stranger and the owner may do, before the owner follows each of the links.
    let ways: [&[&str]; 6] = [
        &["eve"],
        &["eve", "ada"],
        &["ada", "eve"],
        &["eve", "again"],
        &["ada", "eve", "again"],
        &["eve", "ada", "eve", "again"],
    ];
    let mut followed = 0;
    for way in ways {
        for which in 0..way.len() {
            for password in [None, Some(PASSWORD)] {
                let users = Users::new().await;
                let post = users.post().await;
                let mut links = Vec::new();
                for step in way {
                    match *step {
                        "eve" => drop(users.register("ada@example.com", SQUATTERS, "Eve").await),
                        "ada" => drop(users.register("ada@example.com", PASSWORD, "Ada").await),
                        _ => drop(users.send_verification("ada@example.com").await),
                    }
                    links.push(post.token("ada@example.com").await);
                }
                let answer = match password {
                    Some(password) => users.verify_with(&links[which], password).await,
                    None => users.verify(&links[which]).await,
                };
                followed += 1;
                assert!(answer["data"]["userEmailVerify"]["accessToken"].is_string(), "{way:?} {which}: {answer:#}");
                assert!(!squatter_is_in(&users).await, "{way:?}, link {which}, {password:?}");
                let ada = users.login("ada@example.com", PASSWORD).await;
                assert_eq!(ada["data"]["userLogin"]["accessToken"].is_string(), password.is_some(), "{way:?} {which}");
                // No other link is worth anything from then on.
                for other in links.iter().filter(|link| **link != links[which]) {
                    let refused = users.verify_with(other, SQUATTERS).await;
                    assert_eq!(code(&refused, "userEmailVerify").as_deref(), Some("LINK_EXPIRED"));
                }
                assert!(!squatter_is_in(&users).await, "{way:?}, link {which}, {password:?}, in the end");
            }
        }
    }
    assert_eq!(followed, 28, "each link was followed in both ways");
}

#[tokio::test]
async fn a_password_that_is_chosen_with_the_link_is_held_to_what_every_new_one_is() {
    let users = Users::new().await;
    let post = users.post().await;
    users.register("ada@example.com", SQUATTERS, "Eve").await;
    let token = post.token("ada@example.com").await;
    for weak in ["password", "ada@example.com"] {
        assert_eq!(code(&users.verify_with(&token, weak).await, "userEmailVerify").as_deref(), Some("WEAK_PASSWORD"));
    }
    assert_eq!(code(&users.verify_with(&token, "short").await, "userEmailVerify").as_deref(), Some("INVALID_INPUT"));
    assert_eq!(code(&users.verify_with(&token, PASSWORD).await, "userEmailVerify"), None, "the link holds on");
}

#[tokio::test]
async fn who_follows_the_link_without_a_password_chooses_one_in_the_session_that_begins() {
    let users = Users::new().await;
    let post = users.post().await;
    users.register("ada@example.com", SQUATTERS, "Eve").await;
    let answer = users.verify(&post.token("ada@example.com").await).await;
    let mut phone = users.signed_in(&answer, "/data/userEmailVerify").await;
    let has = users.ask(phone.viewer.clone(), "{ me { hasPassword } }", json!({})).await;
    assert_eq!(has["data"]["me"]["hasPassword"], false);
    let change = "mutation ($input: UserPasswordChangeInput!) {
        userPasswordChange(input: $input) { userErrors { code } }
    }";
    let input = json!({"input": {"newPassword": PASSWORD}});
    let signed = phone.viewer.signed.as_mut().expect("signed in");
    signed.is_recent = false;
    let late = users.ask(phone.viewer.clone(), change, input.clone()).await;
    assert_eq!(code(&late, "userPasswordChange").as_deref(), Some("SIGN_IN_AGAIN"));
    phone.viewer.signed.as_mut().expect("signed in").is_recent = true;
    assert_eq!(code(&users.ask(phone.viewer.clone(), change, input.clone()).await, "userPasswordChange"), None);
    assert_eq!(code(&users.login("ada@example.com", PASSWORD).await, "userLogin"), None);
    let again = users.ask(phone.viewer, change, input).await;
    assert_eq!(code(&again, "userPasswordChange").as_deref(), Some("INVALID_CREDENTIALS"), "now there is one to show");
}

#[tokio::test]
async fn another_link_is_sent_to_who_needs_one_and_answered_alike_to_everybody() {
    let users = Users::new().await;
    let post = users.post().await;
    users.register("ada@example.com", PASSWORD, "Ada").await;
    users.somebody("bob@example.com", "Bob").await;
    let mut seen = Vec::new();
    for address in ["ada@example.com", "bob@example.com", "nobody@example.com"] {
        let before = users.db.statements();
        let answer = users.send_verification(address).await;
        seen.push((answer, users.db.statements() - before));
    }
    assert!(seen.iter().all(|one| *one == seen[0]), "{seen:?}");
    assert_eq!(seen[0].0, json!({"data": {"userVerificationSend": {"userErrors": []}}}));
    assert_eq!(post.to("ada@example.com").await.len(), 2);
    assert!(post.to("bob@example.com").await.is_empty() && post.to("nobody@example.com").await.is_empty());
    assert_eq!(
        code(&users.send_verification("no address").await, "userVerificationSend").as_deref(),
        Some("INVALID_INPUT")
    );
}

#[tokio::test]
async fn nobody_has_one_address_filled_with_mails() {
    let users = Users::new().await;
    let post = users.post().await;
    users.register("ada@example.com", PASSWORD, "Ada").await;
    let mut refused = 0;
    for _ in 0..10 {
        let answer = users.send_verification("ada@example.com").await;
        refused += usize::from(code(&answer, "userVerificationSend").as_deref() == Some("TOO_MANY_ATTEMPTS"));
    }
    assert_eq!((refused, post.to("ada@example.com").await.len()), (5, 6));
}
