use insta::assert_json_snapshot;
use kit::Viewer;
use serde_json::json;

use crate::{PASSWORD, Users, steady};

#[tokio::test]
async fn who_registers_is_signed_in() {
    let users = Users::new().await;
    let answer = users.register(" Ada@Example.com ", PASSWORD, " Ada ").await;
    let answer =
        steady(answer, &[("/data/userRegister/user/id", "[id]"), ("/data/userRegister/accessToken", "[token]")]);
    assert_json_snapshot!(answer, @r#"
    {
      "data": {
        "userRegister": {
          "accessToken": "[token]",
          "expiresAt": "2026-01-05T12:15:00+00:00",
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
async fn an_address_has_one_account_however_it_is_spelled() {
    let users = Users::new().await;
    users.somebody("ada@example.com", "Ada").await;
    assert_json_snapshot!(users.register("ADA@example.com", "another password", "Eve").await, @r#"
    {
      "data": {
        "userRegister": {
          "accessToken": null,
          "expiresAt": null,
          "user": null,
          "userErrors": [
            {
              "__typename": "InvalidInput",
              "code": "ALREADY_EXISTS",
              "message": "There is an account with this address. Sign in, or register with another.",
              "path": [
                "email"
              ]
            }
          ]
        }
      }
    }
    "#);
}

#[tokio::test]
async fn of_two_who_register_one_address_at_once_one_gets_it() {
    let users = Users::new().await;
    let (one, other) = tokio::join!(
        users.register("ada@example.com", PASSWORD, "A"),
        users.register("ada@example.com", PASSWORD, "B")
    );
    let errors = [&one, &other].map(|answer| answer["data"]["userRegister"]["userErrors"].as_array().map(Vec::len));
    assert!(errors == [Some(0), Some(1)] || errors == [Some(1), Some(0)], "{one:#} {other:#}");
}

#[tokio::test]
async fn all_that_cannot_stand_is_named_at_once() {
    let users = Users::new().await;
    assert_json_snapshot!(users.register("ada@localhost", "1234567", "A\nB").await, @r#"
    {
      "data": {
        "userRegister": {
          "accessToken": null,
          "expiresAt": null,
          "user": null,
          "userErrors": [
            {
              "__typename": "InvalidInput",
              "code": "INVALID_INPUT",
              "message": "that is not an e-mail address: give one such as name@example.com",
              "path": [
                "email"
              ]
            },
            {
              "__typename": "InvalidInput",
              "code": "INVALID_INPUT",
              "message": "a password has 8 to 128 characters",
              "path": [
                "password"
              ]
            },
            {
              "__typename": "InvalidInput",
              "code": "INVALID_INPUT",
              "message": "a display name has 1 to 80 characters and no line breaks",
              "path": [
                "displayName"
              ]
            }
          ]
        }
      }
    }
    "#);
    assert_eq!(
        users.register("ada@example.com", &"x".repeat(129), "Ada").await["data"]["userRegister"]["user"],
        json!(null)
    );
}

#[tokio::test]
async fn nobody_gives_themselves_permissions() {
    let users = Users::new().await;
    let input = json!({"input": {
        "email": "ada@example.com", "password": PASSWORD, "displayName": "Ada", "permissions": ["stock"],
    }});
    let answer = users.ask(Viewer::anonymous(), crate::REGISTER, input).await;
    assert!(answer["data"].is_null() && answer["errors"].is_array(), "{answer:#}");
}
