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

    async fn send_verification(&self, email: &str) -> Value {
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
    let answer = users.verify(&token).await;
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

#[tokio::test]
async fn who_registers_somebody_s_address_waits_there_in_vain() {
    let users = Users::new().await;
    let post = users.post().await;
    users.register("ada@example.com", "the squatter's", "Eve").await;
    let before = post.token("ada@example.com").await;
    users.register("ada@example.com", PASSWORD, "Ada").await;
    let ada = post.token("ada@example.com").await;
    // Also after its owner did.
    users.register("ada@example.com", "the squatter's", "Eve").await;
    let answer = users.verify(&ada).await;
    assert_eq!(answer["data"]["userEmailVerify"]["user"]["displayName"], "Ada", "{answer:#}");
    let squatter = users.login("ada@example.com", "the squatter's").await;
    assert_eq!(code(&squatter, "userLogin").as_deref(), Some("INVALID_CREDENTIALS"));
    assert_eq!(code(&users.login("ada@example.com", PASSWORD).await, "userLogin"), None);
    // The links that others asked for are worthless now.
    for eve in [before, post.token("ada@example.com").await] {
        assert_eq!(code(&users.verify(&eve).await, "userEmailVerify").as_deref(), Some("LINK_EXPIRED"));
    }
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
