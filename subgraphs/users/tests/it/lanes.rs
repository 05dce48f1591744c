//! Who guesses at an account waits, and who comes from elsewhere does not.

use chrono::TimeDelta;
use kit::Viewer;
use kit::testing::{TestRedis, manual_clock};
use serde_json::{Value, json};
use users::{Settings, ensure_account};

use crate::second_factor::{App, STEP};
use crate::throttle::{few, refused, users};
use crate::{PASSWORD, Users, code, desk, text};

const ADA: &str = "ada@example.com";
const OWNER: &str = "198.51.100.7";

/// So few that a test can use up what all clients together may.
fn narrow() -> Settings {
    Settings { logins_per_account_an_hour: 10, logins_per_client: 0, ..few() }
}

async fn is_let_in(users: &Users, client: &str) -> bool {
    code(&users.login_from(Some(client), ADA, PASSWORD).await, "userLogin").is_none()
}

#[tokio::test]
async fn a_client_that_polls_all_day_waits_ever_longer_and_the_owner_elsewhere_never() {
    let users = Users::with(manual_clock(), Settings { logins_per_client: 0, ..few() }, None).await;
    users.somebody(ADA, "Ada").await;
    let mut guesses = 0;
    for second in (0..86_400_u32).step_by(10) {
        guesses += u32::from(!refused(&users.login_from(Some("192.0.2.1"), ADA, "guessed").await));
        if second % 7_200 == 0 {
            assert!(is_let_in(&users, OWNER).await, "after {second} s");
        }
        users.clock.advance(TimeDelta::seconds(10));
    }
    assert!((95..=115).contains(&guesses), "{guesses} guesses in a day");
}

#[tokio::test]
async fn a_few_clients_that_guess_make_nobody_else_wait() {
    let users = Users::with(manual_clock(), Settings { logins_per_account_an_hour: 10, ..few() }, None).await;
    users.somebody(ADA, "Ada").await;
    for _ in 0..10 {
        for site in 0..9 {
            users.login_from(Some(&format!("192.0.{site}.1")), ADA, "guessed").await;
        }
    }
    assert!(is_let_in(&users, OWNER).await, "whose site is new to the account");
    assert!(is_let_in(&users, "2001:db8::7").await);
}

#[tokio::test]
async fn who_has_a_network_of_ipv6_counts_as_one_that_is_new_and_not_as_65536() {
    let users = Users::with(manual_clock(), narrow(), None).await;
    users.somebody(ADA, "Ada").await;
    let mut guesses = 0;
    for network in 0..100 {
        let client = format!("2001:db8:1:{network:x}::1");
        guesses += u32::from(!refused(&users.login_from(Some(&client), ADA, "guessed").await));
    }
    assert_eq!(guesses, 3 + 30, "three as a newcomer, and what those may who tried before");
    assert!(is_let_in(&users, OWNER).await);
}

#[tokio::test]
async fn however_many_clients_guess_there_is_a_bound_which_is_none_on_a_known_device_nor_for_a_link() {
    let users = Users::with(manual_clock(), narrow(), None).await;
    users.somebody(ADA, "Ada").await;
    let post = users.post().await;
    let device = users.known_device(ADA).await;
    let mut guesses = 0;
    for site in 0..60 {
        let client = format!("10.0.{site}.1");
        guesses += u32::from(!refused(&users.login_from(Some(&client), ADA, "guessed").await));
    }
    assert_eq!(guesses, 30, "three hours' worth at once");
    assert!(refused(&users.login_from(Some(OWNER), ADA, PASSWORD).await), "somebody new waits as well");
    assert_eq!(code(&users.login_on(&device, ADA, PASSWORD).await, "userLogin"), None);
    assert_eq!(post.to(ADA).await[0].subject, "Somebody tries to sign in to your account at Mercato");
    users.request_reset(ADA).await;
    let reset = "mutation ($input: UserPasswordResetInput!) { userPasswordReset(input: $input) { deviceToken } }";
    let input = json!({"input": {"token": post.token(ADA).await, "newPassword": "another horse"}});
    let device = text(&users.ask(Viewer::anonymous(), reset, input).await, "/data/userPasswordReset/deviceToken");
    assert_eq!(code(&users.login_on(&device, ADA, "another horse").await, "userLogin"), None);
    users.clock.advance(TimeDelta::minutes(6));
    assert!(!refused(&users.login_from(Some(OWNER), ADA, "another horse").await), "ten an hour go on");
}

#[tokio::test]
async fn whoever_knows_the_password_uses_up_nothing() {
    let users = Users::with(manual_clock(), narrow(), None).await;
    users.somebody(ADA, "Ada").await;
    for round in 0..100 {
        assert!(is_let_in(&users, &format!("10.0.{round}.1")).await, "in round {round}");
    }
}

#[tokio::test]
async fn an_owner_s_sign_in_gives_nobody_who_guesses_new_tries() {
    let users = users().await;
    for _ in 0..3 {
        users.login_from(Some("192.0.2.1"), ADA, "guessed").await;
    }
    assert!(is_let_in(&users, OWNER).await);
    assert!(refused(&users.login_from(Some("192.0.2.1"), ADA, "guessed").await));
}

#[tokio::test]
async fn replicas_keep_lanes_together_and_each_alone_while_redis_is_away() {
    let redis = TestRedis::start().await;
    let settings = Settings { logins_per_account: 2, logins_per_client: 0, ..few() };
    let one = Users::with(manual_clock(), settings, Some(redis.bus().await)).await;
    ensure_account(&one.store, ADA, PASSWORD, "Ada", &[]).await.expect("an account");
    let other = desk(&one.store, &one.keys, settings, Some(redis.bus().await), &one.clock);
    let other = Users { desk: other, ..Users::new().await };
    let guess = async |users: &Users| refused(&users.login_from(Some("192.0.2.1"), ADA, "guessed").await);
    assert_eq!(
        [guess(&one).await, guess(&other).await, guess(&one).await, guess(&other).await],
        [false, false, true, true]
    );
    assert!(is_let_in(&one, OWNER).await && is_let_in(&other, OWNER).await);
    drop(redis);
    assert_eq!([guess(&one).await, guess(&one).await, guess(&one).await], [false, false, true]);
    assert!(is_let_in(&one, OWNER).await);
}

impl Users {
    async fn second_step_from(&self, client: &str, code: &str) -> Value {
        let ticket = text(&self.login_from(Some(client), ADA, PASSWORD).await, "/data/userLogin/userErrors/0/ticket");
        let input = json!({"input": {"ticket": ticket, "code": code}});
        self.ask_as(Self::caller(Some(client), &[]), Viewer::anonymous(), STEP, input).await
    }
}

fn refusal(answer: &Value) -> Option<String> {
    code(answer, "userSecondFactorSignIn")
}

async fn with_app() -> (Users, App) {
    let users = Users::new().await;
    users.somebody(ADA, "Ada").await;
    let phone = users.device(ADA, "phone").await;
    let app = users.add_app(&phone).await;
    (users, app)
}

#[tokio::test]
async fn whoever_has_the_password_uses_up_no_code_of_the_owner_elsewhere_who_hears_of_it() {
    let (users, app) = with_app().await;
    let post = users.post().await;
    for _ in 0..10 {
        let wrong = users.second_step_from("192.0.2.1", "123456").await;
        assert_eq!(refusal(&wrong).as_deref(), Some("INVALID_CODE"));
    }
    let right = users.second_step_from("192.0.2.1", &app.code(&users)).await;
    assert_eq!(refusal(&right).as_deref(), Some("TOO_MANY_ATTEMPTS"), "who guesses waits");
    assert_eq!(refusal(&users.second_step_from(OWNER, &app.code(&users)).await), None);
    users.clock.advance(TimeDelta::seconds(1));
    let wrong = users.second_step_from("192.0.2.1", "123456").await;
    assert_eq!(refusal(&wrong).as_deref(), Some("INVALID_CODE"), "the eleventh");
    let told = post.to(ADA).await;
    assert!(told.iter().any(|mail| mail.subject == "Somebody tries to sign in to your account at Mercato"));
}

#[tokio::test]
async fn however_many_clients_have_the_password_codes_are_not_guessed_for_long() {
    let (users, _) = with_app().await;
    let mut guesses = 0;
    for site in 0..40 {
        let guessed = users.second_step_from(&format!("10.0.{site}.1"), "123456").await;
        guesses += u32::from(refusal(&guessed).as_deref() == Some("INVALID_CODE"));
    }
    assert_eq!(guesses, 30);
}

#[tokio::test]
async fn a_stolen_session_uses_up_no_attempt_at_the_password_in_the_owner_s() {
    let users = Users::new().await;
    users.somebody(ADA, "Ada").await;
    let [stolen, own] = [users.device(ADA, "stolen").await, users.device(ADA, "own").await];
    let change =
        "mutation ($input: UserPasswordChangeInput!) { userPasswordChange(input: $input) { userErrors { code } } }";
    let input = |current: &str| json!({"input": {"currentPassword": current, "newPassword": "another horse"}});
    for _ in 0..10 {
        let wrong = users.ask(stolen.viewer.clone(), change, input("guessed")).await;
        assert_eq!(code(&wrong, "userPasswordChange").as_deref(), Some("INVALID_CREDENTIALS"));
    }
    let guessed = users.ask(stolen.viewer, change, input(PASSWORD)).await;
    assert_eq!(code(&guessed, "userPasswordChange").as_deref(), Some("TOO_MANY_ATTEMPTS"));
    assert_eq!(code(&users.ask(own.viewer, change, input(PASSWORD)).await, "userPasswordChange"), None);
}
