//! How many mails strangers may have sent to somebody: of each kind so many.

use chrono::TimeDelta;
use kit::Viewer;
use serde_json::{Value, json};

use crate::{PASSWORD, Users, code};

const RESET: &str = "mutation ($input: UserPasswordResetRequestInput!) {
    userPasswordResetRequest(input: $input) { userErrors { code message path } }
}";
const VERIFY: &str = "mutation ($input: UserVerificationSendInput!) {
    userVerificationSend(input: $input) { userErrors { code message path } }
}";

impl Users {
    async fn mail_from(&self, client: &str, document: &str, email: &str) -> Value {
        let caller = Self::caller(Some(client), &[]);
        self.ask_as(caller, Viewer::anonymous(), document, json!({"input": {"email": email}})).await
    }
}

#[tokio::test]
async fn links_to_verify_that_strangers_ask_for_use_up_no_reset_nor_the_other_way_round() {
    for (asked, mutation, other) in
        [(VERIFY, "userVerificationSend", RESET), (RESET, "userPasswordResetRequest", VERIFY)]
    {
        let users = Users::new().await;
        users.somebody("ada@example.com", "Ada").await;
        for _ in 0..5 {
            let sent = users.mail_from("192.0.2.1", asked, "ada@example.com").await;
            assert_eq!(code(&sent, mutation), None);
        }
        let refused = users.mail_from("192.0.2.2", asked, "ada@example.com").await;
        assert_eq!(code(&refused, mutation).as_deref(), Some("TOO_MANY_ATTEMPTS"), "whoever asks");
        let sent = users.mail_from("198.51.100.7", other, "ada@example.com").await;
        assert!(!sent.to_string().contains("TOO_MANY_ATTEMPTS"), "{sent:#}");
        users.clock.advance(TimeDelta::minutes(15));
        assert_eq!(code(&users.mail_from("192.0.2.2", asked, "ada@example.com").await, mutation), None);
    }
}

#[tokio::test]
async fn no_budget_tells_whether_an_address_has_an_account() {
    for (document, mutation) in [(VERIFY, "userVerificationSend"), (RESET, "userPasswordResetRequest")] {
        let users = Users::new().await;
        users.somebody("verified@example.com", "Ada").await;
        users.register("pending@example.com", PASSWORD, "Bob").await;
        let mut told = Vec::new();
        for email in ["verified@example.com", "pending@example.com", "nobody@example.com"] {
            let mut answers = Vec::new();
            for _ in 0..6 {
                answers.push(users.mail_from(&format!("192.0.2.{}", answers.len()), document, email).await);
            }
            assert_eq!(code(&answers[5], mutation).as_deref(), Some("TOO_MANY_ATTEMPTS"));
            told.push(answers);
        }
        assert!(told.iter().all(|answers| *answers == told[0]), "{told:#?}");
    }
}

#[tokio::test]
async fn the_links_of_a_reset_that_strangers_asked_for_are_the_owner_s_to_use() {
    let users = Users::new().await;
    let post = users.post().await;
    users.somebody("ada@example.com", "Ada").await;
    for _ in 0..6 {
        users.mail_from("192.0.2.1", RESET, "ada@example.com").await;
    }
    assert_eq!(post.to("ada@example.com").await.len(), 5);
    let set = "mutation ($input: UserPasswordResetInput!) { userPasswordReset(input: $input) { userErrors { code } } }";
    let input = json!({"input": {"token": post.token("ada@example.com").await, "newPassword": "another horse"}});
    assert_eq!(code(&users.ask(Viewer::anonymous(), set, input).await, "userPasswordReset"), None);
}

#[tokio::test]
async fn one_client_has_so_many_mails_sent_of_all_kinds_together() {
    let users = Users::new().await;
    for number in 0..10 {
        for document in [RESET, VERIFY] {
            let sent = users.mail_from("192.0.2.1", document, &format!("{number}@example.com")).await;
            assert!(!sent.to_string().contains("TOO_MANY_ATTEMPTS"), "{sent:#}");
        }
    }
    for (document, mutation) in [(VERIFY, "userVerificationSend"), (RESET, "userPasswordResetRequest")] {
        let refused = users.mail_from("192.0.2.1", document, "ada@example.com").await;
        assert_eq!(code(&refused, mutation).as_deref(), Some("TOO_MANY_ATTEMPTS"));
        assert_eq!(code(&users.mail_from("192.0.2.2", document, "ada@example.com").await, mutation), None);
    }
}
