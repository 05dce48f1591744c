//! Showing once more who one is, for what a stolen session must not do.

use chrono::TimeDelta;
use kit::{Clock, Viewer};
use serde_json::{Value, json};

use crate::{Device, PASSWORD, Users, code, text};

const STEP_UP: &str = "mutation ($input: UserStepUpInput!) {
    userStepUp(input: $input) { accessToken expiresAt userErrors { code path } }
}";

impl Users {
    pub async fn step_up(&self, device: &Device, input: Value) -> Value {
        self.ask(device.viewer.clone(), STEP_UP, json!({"input": input})).await
    }

    /// Who a token says is asking.
    async fn believed(&self, token: &str) -> Viewer {
        Viewer { signed: Some(self.verifier().verify(token).await.expect("ours")), guest: None }
    }
}

#[tokio::test]
async fn a_sign_in_is_recent_for_a_quarter_of_an_hour_however_often_its_tokens_are_renewed() {
    let began = Clock::system().now() - TimeDelta::minutes(16);
    let users = Users::at(Clock::manual(began)).await;
    users.somebody("ada@example.com", "Ada").await;
    let phone = users.device("ada@example.com", "phone").await;
    users.clock.advance(TimeDelta::minutes(16));
    let renewed = users.refresh(&phone.refresh).await;
    let renewed = text(&renewed, "/data/userTokenRefresh/accessToken");
    let viewer = users.believed(&renewed).await;
    assert_eq!(viewer.require_recent().map_err(|refused| refused.code), Err(kit::Code::StepUpRequired));
    let proven = users.step_up(&phone, json!({"password": PASSWORD})).await;
    let viewer = users.believed(&text(&proven, "/data/userStepUp/accessToken")).await;
    assert!(viewer.require_recent().is_ok());
    assert_eq!(viewer.signed.expect("signed in").session.as_deref(), Some(phone.session()), "the same session");
}

#[tokio::test]
async fn a_token_that_does_not_say_when_counts_for_long_ago() {
    let users = Users::at(Clock::system()).await;
    let now = Clock::system().now().timestamp();
    let old = crate::tokens::claims(now);
    let token = users.keys.now().expect("keys").current.sign(&old).expect("signed");
    assert!(users.believed(&token).await.require_recent().is_err());
}

#[tokio::test]
async fn what_does_not_show_who_it_is_steps_nobody_up() {
    let users = Users::new().await;
    users.somebody("ada@example.com", "Ada").await;
    let phone = users.device("ada@example.com", "phone").await;
    for input in [json!({}), json!({"password": "guessed wrong"}), json!({"code": "123456"})] {
        let refused = users.step_up(&phone, input).await;
        assert_eq!(code(&refused, "userStepUp").as_deref(), Some("INVALID_CREDENTIALS"));
    }
    let nobody = users.ask(Viewer::anonymous(), STEP_UP, json!({"input": {"password": PASSWORD}})).await;
    assert_eq!(nobody["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    let logout = "mutation { userLogout(input: {}) { userErrors { code } } }";
    users.ask(phone.viewer.clone(), logout, json!({})).await;
    let ended = users.step_up(&phone, json!({"password": PASSWORD})).await;
    assert_eq!(code(&ended, "userStepUp").as_deref(), Some("SESSION_ENDED"));
}

#[tokio::test]
async fn who_has_a_second_factor_steps_up_with_that() {
    let users = Users::new().await;
    users.somebody("ada@example.com", "Ada").await;
    let phone = users.device("ada@example.com", "phone").await;
    let app = users.add_app(&phone).await;
    let with_password = users.step_up(&phone, json!({"password": PASSWORD})).await;
    assert_eq!(code(&with_password, "userStepUp").as_deref(), Some("INVALID_INPUT"));
    let with_code = users.step_up(&phone, json!({"code": app.code(&users)})).await;
    let claims = crate::claims_of(&text(&with_code, "/data/userStepUp/accessToken"));
    assert_eq!(claims["amr"], json!(["pwd", "otp", "mfa"]));
    let replayed = users.step_up(&phone, json!({"code": app.code(&users)})).await;
    assert_eq!(code(&replayed, "userStepUp").as_deref(), Some("INVALID_CODE"));
}
