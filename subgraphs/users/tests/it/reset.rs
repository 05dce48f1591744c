use chrono::TimeDelta;
use kit::Viewer;
use serde_json::{Value, json};

use crate::{PASSWORD, Users, code};

const REQUEST: &str = "mutation ($input: UserPasswordResetRequestInput!) {
    userPasswordResetRequest(input: $input) { userErrors { code message path } }
}";
const RESET: &str = "mutation ($input: UserPasswordResetInput!) {
    userPasswordReset(input: $input) { userErrors { code message path } }
}";
const NEW: &str = "another horse";

impl Users {
    pub async fn request_reset(&self, email: &str) -> Value {
        self.ask(Viewer::anonymous(), REQUEST, json!({"input": {"email": email}})).await
    }

    async fn reset(&self, token: &str, password: &str) -> Value {
        self.ask(Viewer::anonymous(), RESET, json!({"input": {"token": token, "newPassword": password}})).await
    }
}

#[tokio::test]
async fn a_reset_sets_the_password_ends_every_session_and_is_told() {
    let users = Users::new().await;
    let post = users.post().await;
    users.somebody("ada@example.com", "Ada").await;
    let phone = users.device("ada@example.com", "phone").await;
    users.request_reset("ada@example.com").await;
    users.request_reset("ada@example.com").await;
    let other = post.to("ada@example.com").await[1].links[0].clone();
    let token = post.token("ada@example.com").await;
    assert_eq!(code(&users.reset(&token, "short").await, "userPasswordReset").as_deref(), Some("INVALID_INPUT"));
    assert_eq!(code(&users.reset(&token, NEW).await, "userPasswordReset"), None);
    assert_eq!(users.not_refreshed(&phone.refresh).await.as_deref(), Some("SESSION_ENDED"));
    assert_eq!(
        code(&users.login("ada@example.com", PASSWORD).await, "userLogin").as_deref(),
        Some("INVALID_CREDENTIALS")
    );
    assert_eq!(code(&users.login("ada@example.com", NEW).await, "userLogin"), None);
    assert_eq!(post.to("ada@example.com").await[0].subject, "Your password for Mercato was changed");
    for used in [token.as_str(), other.split_once("token=").expect("a token").1] {
        let again = users.reset(used, PASSWORD).await;
        assert_eq!(code(&again, "userPasswordReset").as_deref(), Some("LINK_EXPIRED"));
    }
}

#[tokio::test]
async fn links_hold_until_one_is_used_or_the_password_is_another_and_no_stranger_voids_one_by_asking_for_more() {
    for way in ["the first is used", "the last is used", "the password is changed"] {
        let users = Users::new().await;
        let post = users.post().await;
        users.somebody("ada@example.com", "Ada").await;
        let phone = users.device("ada@example.com", "phone").await;
        let mut links = Vec::new();
        for _ in 0..3 {
            users.request_reset("ada@example.com").await;
            links.push(post.token("ada@example.com").await);
        }
        if way == "the password is changed" {
            let change = "mutation ($input: UserPasswordChangeInput!) {
                userPasswordChange(input: $input) { userErrors { code } }
            }";
            let input = json!({"input": {"currentPassword": PASSWORD, "newPassword": NEW}});
            assert_eq!(code(&users.ask(phone.viewer, change, input).await, "userPasswordChange"), None);
        } else {
            let used = if way == "the first is used" { &links[0] } else { &links[2] };
            assert_eq!(code(&users.reset(used, NEW).await, "userPasswordReset"), None, "{way}");
        }
        for link in &links {
            let void = users.reset(link, PASSWORD).await;
            assert_eq!(code(&void, "userPasswordReset").as_deref(), Some("LINK_EXPIRED"), "{way}");
        }
        assert_eq!(code(&users.login("ada@example.com", NEW).await, "userLogin"), None, "{way}");
    }
}

#[tokio::test]
async fn a_link_to_reset_holds_for_an_hour_and_for_nothing_else() {
    let users = Users::new().await;
    let post = users.post().await;
    users.somebody("ada@example.com", "Ada").await;
    users.request_reset("ada@example.com").await;
    let token = post.token("ada@example.com").await;
    assert_eq!(code(&users.verify(&token).await, "userEmailVerify").as_deref(), Some("LINK_EXPIRED"));
    users.clock.advance(TimeDelta::hours(1));
    assert_eq!(code(&users.reset(&token, NEW).await, "userPasswordReset").as_deref(), Some("LINK_EXPIRED"));
}

#[tokio::test]
async fn known_and_unknown_addresses_are_answered_alike_after_the_same_work() {
    let users = Users::new().await;
    let post = users.post().await;
    users.somebody("ada@example.com", "Ada").await;
    let before = users.db.statements();
    let known = users.request_reset("ada@example.com").await;
    let between = users.db.statements();
    let unknown = users.request_reset("nobody@example.com").await;
    assert_eq!(users.db.statements() - between, between - before, "the same work");
    assert_eq!(known, unknown);
    assert_eq!(known, json!({"data": {"userPasswordResetRequest": {"userErrors": []}}}));
    assert_eq!(post.to("ada@example.com").await.len(), 1);
    assert!(post.to("nobody@example.com").await.is_empty());
}

#[tokio::test]
async fn a_reset_shows_that_the_address_is_one_s_own() {
    let users = Users::new().await;
    let post = users.post().await;
    users.register("ada@example.com", PASSWORD, "Ada").await;
    post.token("ada@example.com").await;
    users.request_reset("ada@example.com").await;
    let token = post.token("ada@example.com").await;
    users.reset(&token, NEW).await;
    assert_eq!(code(&users.login("ada@example.com", NEW).await, "userLogin"), None);
}

#[tokio::test]
async fn who_changes_a_password_is_written_to() {
    let users = Users::new().await;
    let post = users.post().await;
    users.somebody("ada@example.com", "Ada").await;
    let phone = users.device("ada@example.com", "phone").await;
    let change =
        "mutation ($input: UserPasswordChangeInput!) { userPasswordChange(input: $input) { userErrors { code } } }";
    let input = json!({"input": {"currentPassword": PASSWORD, "newPassword": NEW}});
    users.ask(phone.viewer, change, input).await;
    assert_eq!(post.to("ada@example.com").await[0].subject, "Your password for Mercato was changed");
}
