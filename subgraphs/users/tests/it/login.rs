use insta::assert_json_snapshot;
use kit::testing::manual_clock;
use users::Settings;

use crate::{PASSWORD, Users, code, steady};

#[tokio::test]
async fn the_right_password_signs_in() {
    let users = Users::new().await;
    users.somebody("ada@example.com", "Ada").await;
    users.clock.advance(chrono::TimeDelta::days(1));
    let answer = users.login("Ada@example.com", PASSWORD).await;
    let named = ["user/id", "accessToken", "refreshToken"].map(|name| format!("/data/userLogin/{name}"));
    let answer = steady(answer, &named.each_ref().map(|pointer| (pointer.as_str(), "[given]")));
    assert_json_snapshot!(answer, @r#"
    {
      "data": {
        "userLogin": {
          "accessToken": "[given]",
          "expiresAt": "2026-01-06T12:15:00+00:00",
          "refreshToken": "[given]",
          "user": {
            "displayName": "Ada",
            "email": "ada@example.com",
            "id": "[given]"
          },
          "userErrors": []
        }
      }
    }
    "#);
}

#[tokio::test]
async fn an_unknown_address_and_a_wrong_password_are_answered_alike() {
    let users = Users::new().await;
    users.somebody("ada@example.com", "Ada").await;
    let before = users.db.statements();
    let known = users.login("ada@example.com", "wrong password").await;
    let between = users.db.statements();
    let unknown = users.login("eve@example.com", "wrong password").await;
    assert_eq!(users.db.statements() - between, between - before, "the same work");
    assert_eq!(known, unknown);
    assert_eq!(users.login("no address", "").await, unknown);
    assert_eq!(users.login("ada@example.com", &"x".repeat(5000)).await, unknown);
    assert_json_snapshot!(unknown, @r#"
    {
      "data": {
        "userLogin": {
          "accessToken": null,
          "expiresAt": null,
          "refreshToken": null,
          "user": null,
          "userErrors": [
            {
              "__typename": "InvalidInput",
              "code": "INVALID_CREDENTIALS",
              "message": "The address and the password do not match an account.",
              "path": []
            }
          ]
        }
      }
    }
    "#);
}

#[tokio::test]
async fn forty_sign_ins_at_once_all_get_their_turn() {
    let unbounded = Settings { logins_per_account: 0, ..Settings::default() };
    let users = Users::with(manual_clock(), unbounded, None).await;
    users.somebody("ada@example.com", "Ada").await;
    let answers = (0..40).map(|_| users.login("ada@example.com", PASSWORD));
    for answer in futures::future::join_all(answers).await {
        assert_eq!(answer["data"]["userLogin"]["userErrors"], serde_json::json!([]));
    }
}

#[tokio::test]
async fn who_has_not_shown_that_the_address_is_theirs_hears_so_after_the_right_password_alone() {
    let users = Users::new().await;
    users.register("ada@example.com", PASSWORD, "Ada").await;
    let right = users.login("ada@example.com", PASSWORD).await;
    assert_eq!(code(&right, "userLogin").as_deref(), Some("EMAIL_NOT_VERIFIED"));
    assert!(right["data"]["userLogin"]["accessToken"].is_null());
    let wrong = users.login("ada@example.com", "wrong password").await;
    assert_eq!(wrong, users.login("eve@example.com", "wrong password").await);
}
