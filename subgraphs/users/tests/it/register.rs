use insta::assert_json_snapshot;
use kit::Viewer;
use serde_json::json;

use crate::{PASSWORD, Users, code};

#[tokio::test]
async fn whether_an_address_has_an_account_is_not_to_be_told_from_the_answer_or_the_work() {
    let users = Users::new().await;
    users.somebody("ada@example.com", "Ada").await;
    let before = users.db.statements();
    let new = users.register(" Bob@Example.com ", PASSWORD, " Bob ").await;
    let between = users.db.statements();
    let known = users.register("ADA@example.com", "another password", "Eve").await;
    assert_eq!(users.db.statements() - between, between - before, "the same work");
    assert_eq!(new, known);
    assert_eq!(new, json!({"data": {"userRegister": {"userErrors": []}}}));
    assert!(users.login("ada@example.com", PASSWORD).await["data"]["userLogin"]["user"].is_object());
    let eve = users.login("ada@example.com", "another password").await;
    assert_eq!(code(&eve, "userLogin").as_deref(), Some("INVALID_CREDENTIALS"));
}

#[tokio::test]
async fn all_that_cannot_stand_is_named_at_once() {
    let users = Users::new().await;
    assert_json_snapshot!(users.register("ada@localhost", "1234567", "A\nB").await, @r#"
    {
      "data": {
        "userRegister": {
          "userErrors": [
            {
              "__typename": "InvalidInput",
              "code": "INVALID_INPUT",
              "message": "That is not an e-mail address: give one such as name@example.com.",
              "path": [
                "email"
              ]
            },
            {
              "__typename": "InvalidInput",
              "code": "INVALID_INPUT",
              "message": "A password has 8 to 128 characters.",
              "path": [
                "password"
              ]
            },
            {
              "__typename": "InvalidInput",
              "code": "INVALID_INPUT",
              "message": "Give a name of 1 to 80 characters in one line, with something in it to see.",
              "path": [
                "displayName"
              ]
            }
          ]
        }
      }
    }
    "#);
    let long = users.register("ada@example.com", &"x".repeat(129), "Ada").await;
    assert_eq!(code(&long, "userRegister").as_deref(), Some("INVALID_INPUT"));
}

#[tokio::test]
async fn a_password_that_is_guessed_easily_is_refused_with_what_would_be_better() {
    let users = Users::new().await;
    let input = |password: &str| json!({"input": {"email": "ada.lovelace@example.com", "password": password, "displayName": "Ada"}});
    let document = "mutation ($input: UserRegisterInput!) {
        userRegister(input: $input) {
            userErrors { code message path ... on WeakPassword { warning suggestions } }
        }
    }";
    let answer = users.ask(Viewer::anonymous(), document, input("password")).await;
    assert_json_snapshot!(answer, @r#"
    {
      "data": {
        "userRegister": {
          "userErrors": [
            {
              "code": "WEAK_PASSWORD",
              "message": "This password is guessed too easily. This is a top-10 common password. Add another word or two. Uncommon words are better.",
              "path": [
                "password"
              ],
              "suggestions": [
                "Add another word or two. Uncommon words are better."
              ],
              "warning": "This is a top-10 common password."
            }
          ]
        }
      }
    }
    "#);
    for password in ["12345678", "qwertyuiop", "Mercato1", "lovelace1", "ada.lovelace@example.com"] {
        let answer = users.ask(Viewer::anonymous(), document, input(password)).await;
        assert_eq!(code(&answer, "userRegister").as_deref(), Some("WEAK_PASSWORD"), "{password}");
    }
}

#[tokio::test]
async fn nobody_gives_themselves_permissions() {
    let users = Users::new().await;
    let input = json!({"input": {
        "email": "ada@example.com", "password": PASSWORD, "displayName": "Ada", "permissions": ["ORDERS"],
    }});
    let answer = users.ask(Viewer::anonymous(), crate::REGISTER, input).await;
    assert!(answer["data"].is_null() && answer["errors"].is_array(), "{answer:#}");
}
