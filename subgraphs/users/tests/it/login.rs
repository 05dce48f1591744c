use insta::assert_json_snapshot;

use crate::{PASSWORD, Users, steady};

#[tokio::test]
async fn the_right_password_signs_in() {
    let users = Users::new().await;
    users.somebody("ada@example.com", "Ada").await;
    users.clock.advance(chrono::TimeDelta::days(1));
    let answer = users.login("Ada@example.com", PASSWORD).await;
    let answer = steady(answer, &[("/data/userLogin/user/id", "[id]"), ("/data/userLogin/accessToken", "[token]")]);
    assert_json_snapshot!(answer, @r#"
    {
      "data": {
        "userLogin": {
          "accessToken": "[token]",
          "expiresAt": "2026-01-06T12:15:00+00:00",
          "user": {
            "displayName": "Ada",
            "email": "ada@example.com",
            "id": "[id]"
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
    let users = Users::new().await;
    users.somebody("ada@example.com", "Ada").await;
    let answers = (0..40).map(|_| users.login("ada@example.com", PASSWORD));
    for answer in futures::future::join_all(answers).await {
        assert_eq!(answer["data"]["userLogin"]["userErrors"], serde_json::json!([]));
    }
}
