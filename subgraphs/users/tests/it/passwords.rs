use kit::Viewer;
use serde_json::{Value, json};

use crate::{PASSWORD, Users, code};

const CHANGE: &str = "mutation ($input: UserPasswordChangeInput!) {
    userPasswordChange(input: $input) { userErrors { code message path } }
}";

impl Users {
    async fn change(&self, viewer: Viewer, current: &str, new: &str) -> Value {
        let input = json!({"input": {"currentPassword": current, "newPassword": new}});
        self.ask(viewer, CHANGE, input).await
    }
}

#[tokio::test]
async fn another_password_ends_all_other_sessions() {
    let users = Users::new().await;
    users.somebody("ada@example.com", "Ada").await;
    let [phone, laptop] = [users.device("ada@example.com", "phone").await, users.device("ada@example.com", "b").await];
    let answer = users.change(laptop.viewer.clone(), PASSWORD, "battery staple").await;
    assert_eq!(answer, json!({"data": {"userPasswordChange": {"userErrors": []}}}));
    assert_eq!(users.not_refreshed(&laptop.refresh).await, None);
    assert_eq!(users.not_refreshed(&phone.refresh).await.as_deref(), Some("SESSION_ENDED"));
    let old = users.login("ada@example.com", PASSWORD).await;
    assert_eq!(code(&old, "userLogin").as_deref(), Some("INVALID_CREDENTIALS"));
    assert_eq!(code(&users.login("ada@example.com", "battery staple").await, "userLogin"), None);
}

#[tokio::test]
async fn a_password_is_changed_by_who_knows_it_alone() {
    let users = Users::new().await;
    let ada = users.somebody("ada@example.com", "Ada").await;
    let phone = users.device("ada@example.com", "phone").await;
    let wrong = users.change(Viewer::user(&ada), "guessed wrong", "battery staple").await;
    assert_eq!(code(&wrong, "userPasswordChange").as_deref(), Some("INVALID_CREDENTIALS"));
    let short = users.change(Viewer::user(&ada), PASSWORD, "short").await;
    assert_eq!(code(&short, "userPasswordChange").as_deref(), Some("INVALID_INPUT"));
    let nobody = users.change(Viewer::anonymous(), PASSWORD, "battery staple").await;
    assert_eq!(nobody["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    assert_eq!(users.not_refreshed(&phone.refresh).await, None);
    assert_eq!(code(&users.login("ada@example.com", PASSWORD).await, "userLogin"), None);
}

#[tokio::test]
async fn what_is_wrong_with_either_password_is_told_at_once() {
    let users = Users::new().await;
    let ada = users.somebody("ada@example.com", "Ada").await;
    let told = |answer: &Value| -> Vec<(Value, Value)> {
        let errors = answer["data"]["userPasswordChange"]["userErrors"].as_array().expect("errors").iter();
        errors.map(|error| (error["code"].clone(), error["path"].clone())).collect()
    };
    for (new, code) in [("short", "INVALID_INPUT"), ("password1", "WEAK_PASSWORD")] {
        let both = told(&users.change(Viewer::user(&ada), "guessed wrong", new).await);
        let wrong = (json!("INVALID_CREDENTIALS"), json!(["currentPassword"]));
        assert_eq!(both, [wrong, (json!(code), json!(["newPassword"]))], "{new}");
    }
    assert_eq!(code(&users.login("ada@example.com", PASSWORD).await, "userLogin"), None);
}

#[tokio::test]
async fn a_stolen_access_token_is_not_enough_to_guess_the_password() {
    let users = Users::new().await;
    let ada = users.somebody("ada@example.com", "Ada").await;
    for _ in 0..10 {
        users.change(Viewer::user(&ada), "guessed wrong", "battery staple").await;
    }
    let right = users.change(Viewer::user(&ada), PASSWORD, "battery staple").await;
    assert_eq!(code(&right, "userPasswordChange").as_deref(), Some("TOO_MANY_ATTEMPTS"));
}

#[tokio::test]
async fn of_two_who_change_a_password_at_once_one_does() {
    let users = Users::new().await;
    let ada = users.somebody("ada@example.com", "Ada").await;
    let (one, other) = tokio::join!(
        users.change(Viewer::user(&ada), PASSWORD, "battery staple"),
        users.change(Viewer::user(&ada), PASSWORD, "stapled battery")
    );
    let mut codes = [&one, &other].map(|answer| code(answer, "userPasswordChange"));
    codes.sort();
    assert_eq!(codes, [None, Some("INVALID_CREDENTIALS".to_owned())]);
}
