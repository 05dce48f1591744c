use kit::Viewer;
use serde_json::{Value, json};

use crate::{PASSWORD, Users, code};

const CHANGE: &str = "mutation ($input: UserEmailChangeInput!) {
    userEmailChange(input: $input) { userErrors { code message path } }
}";
const CONFIRM: &str = "mutation ($input: UserEmailChangeConfirmInput!) {
    userEmailChangeConfirm(input: $input) { userErrors { code message path } }
}";

impl Users {
    async fn change_email(&self, who: &str, password: &str, new: &str) -> Value {
        let input = json!({"input": {"password": password, "newEmail": new}});
        self.ask(Viewer::user(who), CHANGE, input).await
    }

    async fn confirm_email(&self, token: &str) -> Value {
        self.ask(Viewer::anonymous(), CONFIRM, json!({"input": {"token": token}})).await
    }
}

#[tokio::test]
async fn an_account_moves_once_the_new_address_confirms_and_the_old_one_is_told() {
    let users = Users::new().await;
    let post = users.post().await;
    let ada = users.somebody("ada@example.com", "Ada").await;
    assert_eq!(code(&users.change_email(&ada, PASSWORD, "Ada@new.example").await, "userEmailChange"), None);
    let token = post.token("ada@new.example").await;
    assert_eq!(code(&users.login("ada@example.com", PASSWORD).await, "userLogin"), None, "nothing has changed yet");
    assert_eq!(post.to("ada@example.com").await[0].subject, "Your address for Mercato is about to change");
    assert_eq!(code(&users.confirm_email(&token).await, "userEmailChangeConfirm"), None);
    assert_eq!(post.to("ada@example.com").await[0].subject, "Your address for Mercato was changed");
    assert_eq!(code(&users.login("ada@new.example", PASSWORD).await, "userLogin"), None);
    let old = users.login("ada@example.com", PASSWORD).await;
    assert_eq!(code(&old, "userLogin").as_deref(), Some("INVALID_CREDENTIALS"));
    let again = users.confirm_email(&token).await;
    assert_eq!(code(&again, "userEmailChangeConfirm").as_deref(), Some("LINK_EXPIRED"));
}

#[tokio::test]
async fn a_wrong_password_and_what_is_no_address_are_told_at_once() {
    let users = Users::new().await;
    let ada = users.somebody("ada@example.com", "Ada").await;
    let answer = users.change_email(&ada, "guessed wrong", "no address").await;
    let errors = answer["data"]["userEmailChange"]["userErrors"].as_array().expect("errors").iter();
    let told: Vec<(Value, Value)> = errors.map(|error| (error["code"].clone(), error["path"].clone())).collect();
    let wrong = (json!("INVALID_CREDENTIALS"), json!(["password"]));
    assert_eq!(told, [wrong, (json!("INVALID_INPUT"), json!(["newEmail"]))]);
}

#[tokio::test]
async fn nobody_learns_with_it_who_has_an_account() {
    let users = Users::new().await;
    let post = users.post().await;
    let ada = users.somebody("ada@example.com", "Ada").await;
    users.somebody("bob@example.com", "Bob").await;
    let before = users.db.statements();
    let taken = users.change_email(&ada, PASSWORD, "bob@example.com").await;
    let between = users.db.statements();
    let free = users.change_email(&ada, PASSWORD, "nobody@example.com").await;
    assert_eq!(users.db.statements() - between, between - before, "the same work");
    assert_eq!(taken, free);
    let mails = post.to("bob@example.com").await;
    assert_eq!(mails[0].subject, "This address has an account at Mercato");
    assert!(mails[0].links.is_empty());
}

#[tokio::test]
async fn an_address_that_somebody_got_meanwhile_stays_theirs() {
    let users = Users::new().await;
    let post = users.post().await;
    let ada = users.somebody("ada@example.com", "Ada").await;
    users.change_email(&ada, PASSWORD, "bob@example.com").await;
    let token = post.token("bob@example.com").await;
    users.somebody("bob@example.com", "Bob").await;
    let late = users.confirm_email(&token).await;
    assert_eq!(code(&late, "userEmailChangeConfirm").as_deref(), Some("ALREADY_EXISTS"));
    assert_eq!(users.login("bob@example.com", PASSWORD).await["data"]["userLogin"]["user"]["displayName"], "Bob");
}

#[tokio::test]
async fn a_wrong_password_and_an_address_that_cannot_be_are_refused() {
    let users = Users::new().await;
    let post = users.post().await;
    let ada = users.somebody("ada@example.com", "Ada").await;
    for (password, new, refused) in [
        ("wrong password", "ada@new.example", "INVALID_CREDENTIALS"),
        (PASSWORD, "nowhere", "INVALID_INPUT"),
        (PASSWORD, "ADA@example.com", "INVALID_INPUT"),
    ] {
        let answer = users.change_email(&ada, password, new).await;
        assert_eq!(code(&answer, "userEmailChange").as_deref(), Some(refused), "{new}");
    }
    assert!(post.catcher.mails(None).is_empty());
    let anonymous = users.ask(Viewer::anonymous(), CHANGE, json!({"input": {"password": "", "newEmail": ""}})).await;
    assert_eq!(anonymous["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
}
