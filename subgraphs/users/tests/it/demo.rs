//! Accounts whose passwords everybody knows, from their beginning to the end of the demo.

use kit::Viewer;
use kit::testing::{TestRedis, manual_clock};
use serde_json::json;
use users::{Assertion, Settings, disable_demo_accounts, ensure_demo_account};

use crate::{PASSWORD, REGISTER, Users, code};

const STAFF: &str = "staff@demo.example";

impl Users {
    async fn open_demo(&self) {
        ensure_demo_account(&self.store, STAFF, PASSWORD, "Staff", &["orders"]).await.expect("an account");
    }

    async fn end_demo(&self) -> usize {
        disable_demo_accounts(&self.store, &[STAFF]).await.expect("the database answers")
    }

    async fn lets_in(&self, email: &str) -> bool {
        code(&self.login(email, PASSWORD).await, "userLogin").is_none()
    }
}

#[tokio::test]
async fn with_the_demo_its_accounts_end_and_with_the_next_they_come_back() {
    let redis = TestRedis::start().await;
    let users = Users::with(manual_clock(), Settings::default(), Some(redis.bus().await)).await;
    users.somebody("ada@example.com", "Ada").await;
    users.open_demo().await;
    let device = users.device(STAFF, "one").await;
    assert_eq!(users.end_demo().await, 1);

    assert_eq!(code(&users.login(STAFF, PASSWORD).await, "userLogin").as_deref(), Some("INVALID_CREDENTIALS"));
    assert!(users.not_refreshed(&device.refresh).await.is_some(), "its sessions have ended");
    users.desk.sessions.keep_told().await.expect("told");
    let ended = format!("mercato:ended:{}", device.session());
    let mut connection = redis.bus().await.connection();
    let told: bool = redis::cmd("EXISTS").arg(ended).query_async(&mut connection).await.expect("Redis answers");
    assert!(told, "and everybody hears of it");
    assert!(users.lets_in("ada@example.com").await, "others go on");
    assert_eq!(users.end_demo().await, 0, "once");

    users.open_demo().await;
    let answer = users.login(STAFF, PASSWORD).await;
    let claims = crate::claims_of(&crate::text(&answer, "/data/userLogin/accessToken"));
    assert_eq!(claims["permissions"], json!(["orders"]));
}

#[tokio::test]
async fn an_account_that_was_moved_to_another_address_ends_with_the_demo_all_the_same() {
    let users = Users::new().await;
    users.open_demo().await;
    let moved = "UPDATE account SET email = 'mallory@example.com'";
    sea_orm::ConnectionTrait::execute_unprepared(users.db.raw(), moved).await.expect("moved");
    assert!(users.lets_in("mallory@example.com").await);
    assert_eq!(users.end_demo().await, 1);
    assert!(!users.lets_in("mallory@example.com").await);
    users.open_demo().await;
    assert!(users.lets_in(STAFF).await && !users.lets_in("mallory@example.com").await);
}

#[tokio::test]
async fn no_other_way_leads_into_a_disabled_account() {
    let users = Users::new().await;
    let post = users.post().await;
    users.open_demo().await;
    let device = users.device(STAFF, "one").await;
    let identity = Assertion {
        provider: "google".to_owned(),
        sub: "1815".to_owned(),
        email: Some("mallory@example.com".to_owned()),
        email_verified: false,
        name: None,
    };
    let staff = vocab::UserId::parse(&device.viewer.signed.as_ref().expect("signed in").user_id).expect("an id");
    users.desk.identities.link(&staff, &identity).await.expect("linked");
    assert!(post.to(STAFF).await[0].links.is_empty(), "that it was linked is told without a link");
    users.ask(Viewer::anonymous(), RESET, json!({"input": {"email": STAFF}})).await;
    let link = post.token(STAFF).await;

    assert_eq!(users.end_demo().await, 1);
    let input = json!({"input": {"token": link, "newPassword": "another password"}});
    assert!(code(&users.ask(Viewer::anonymous(), SET, input).await, "userPasswordReset").is_some(), "a link in a mail");
    users.ask(Viewer::anonymous(), RESET, json!({"input": {"email": STAFF}})).await;
    let links = post.to(STAFF).await.iter().filter(|mail| !mail.links.is_empty()).count();
    assert_eq!(links, 1, "a new link");
    let signed_in = users.desk.identities.sign_in(&identity, users::Arrival::default()).await.expect("an answer");
    assert!(format!("{signed_in:?}").contains("WithoutEmail"), "a provider: {signed_in:?}");
    let register = json!({"input": {"email": STAFF, "password": "another password", "displayName": "Mallory"}});
    users.ask(Viewer::anonymous(), REGISTER, register).await;
    let login = users.login(STAFF, "another password").await;
    assert_eq!(code(&login, "userLogin").as_deref(), Some("INVALID_CREDENTIALS"), "a registration");
}

const RESET: &str = "mutation ($input: UserPasswordResetRequestInput!) { userPasswordResetRequest(input: $input) { userErrors { code } } }";
const SET: &str =
    "mutation ($input: UserPasswordResetInput!) { userPasswordReset(input: $input) { userErrors { code } } }";
