//! Codes of an authenticator app, from adding one to signing in without it.

use chrono::TimeDelta;
use kit::Viewer;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use totp_rs::{Builder, Secret, Totp};
use users::{Settings, StaffSecondFactor, ensure_account};

use crate::{Device, PASSWORD, Users, code, text};

const ADD: &str = "mutation { userSecondFactorAdd { offer { secret url } userErrors { code } } }";
const CONFIRM: &str = "mutation ($input: UserSecondFactorConfirmInput!) {
    userSecondFactorConfirm(input: $input) { recoveryCodes userErrors { code path } }
}";
const REMOVE: &str = "mutation { userSecondFactorRemove { userErrors { code } } }";
pub const STEP: &str = "mutation ($input: UserSecondFactorSignInInput!) {
    userSecondFactorSignIn(input: $input) { accessToken refreshToken deviceToken userErrors { code path } }
}";

/// An authenticator app, and the codes for who loses it.
pub struct App {
    totp: Totp,
    pub recovery: Vec<String>,
}

impl App {
    pub fn code(&self, users: &Users) -> String {
        self.totp.generate(u64::try_from(users.clock.now().timestamp()).expect("after 1970")).to_string()
    }
}

impl Users {
    /// Adds an app to the account that a device is signed in to.
    pub async fn add_app(&self, device: &Device) -> App {
        let offer = self.ask(device.viewer.clone(), ADD, json!({})).await;
        let secret = text(&offer, "/data/userSecondFactorAdd/offer/secret");
        let secret = Secret::try_from_base32(secret).expect("base32");
        let totp = Builder::new().with_secret(secret).build().expect("a seed");
        let mut app = App { totp, recovery: Vec::new() };
        let input = json!({"input": {"code": app.code(self)}});
        let answer = self.ask(device.viewer.clone(), CONFIRM, input).await;
        assert_eq!(code(&answer, "userSecondFactorConfirm"), None, "{answer:#}");
        let codes = answer["data"]["userSecondFactorConfirm"]["recoveryCodes"].as_array().expect("codes");
        app.recovery.extend(codes.iter().map(|code| code.as_str().expect("a code").to_owned()));
        self.clock.advance(TimeDelta::seconds(30));
        app
    }

    /// The ticket that a right password gives who has a second factor.
    async fn ticket(&self, email: &str) -> String {
        let answer = self.login(email, PASSWORD).await;
        assert!(answer["data"]["userLogin"]["accessToken"].is_null(), "{answer:#}");
        assert_eq!(code(&answer, "userLogin").as_deref(), Some("SECOND_FACTOR_REQUIRED"));
        text(&answer, "/data/userLogin/userErrors/0/ticket")
    }

    async fn second_step(&self, ticket: &str, code: &str) -> Value {
        self.ask(Viewer::anonymous(), STEP, json!({"input": {"ticket": ticket, "code": code}})).await
    }
}

fn refusal(answer: &Value) -> Option<String> {
    code(answer, "userSecondFactorSignIn")
}

async fn ada() -> (Users, Device, App) {
    let users = Users::new().await;
    users.somebody("ada@example.com", "Ada").await;
    let phone = users.device("ada@example.com", "phone").await;
    let app = users.add_app(&phone).await;
    (users, phone, app)
}

#[tokio::test]
async fn signing_in_takes_a_code_from_the_moment_that_one_was_shown() {
    let users = Users::new().await;
    let post = users.post().await;
    users.somebody("ada@example.com", "Ada").await;
    let [phone, laptop] = [users.device("ada@example.com", "phone").await, users.device("ada@example.com", "b").await];
    let offer = users.ask(phone.viewer.clone(), ADD, json!({})).await;
    assert!(
        text(&offer, "/data/userSecondFactorAdd/offer/url").starts_with("otpauth://totp/Mercato:ada%40example.com")
    );
    let wrong = users.ask(phone.viewer.clone(), CONFIRM, json!({"input": {"code": "000000"}})).await;
    assert_eq!(code(&wrong, "userSecondFactorConfirm").as_deref(), Some("INVALID_CODE"));
    assert_eq!(code(&users.login("ada@example.com", PASSWORD).await, "userLogin"), None, "it was only offered");

    let app = users.add_app(&phone).await;
    assert_eq!(app.recovery.len(), 10);
    assert_eq!(post.to("ada@example.com").await[0].subject, "Signing in to Mercato takes a code from now on");
    assert_eq!(users.not_refreshed(&laptop.refresh).await.as_deref(), Some("SESSION_ENDED"), "it never showed one");
    assert_eq!(users.not_refreshed(&phone.refresh).await, None);
    let ticket = users.ticket("ada@example.com").await;
    let answer = users.second_step(&ticket, &app.code(&users)).await;
    let claims = crate::claims_of(&text(&answer, "/data/userSecondFactorSignIn/accessToken"));
    assert_eq!(claims["amr"], json!(["pwd", "otp", "mfa"]));
    assert_eq!(claims["auth_time"], json!(users.clock.now().timestamp()));
    let mine = users.ask(phone.viewer, "{ me { secondFactor { recoveryCodesLeft } } }", json!({})).await;
    assert_eq!(mine["data"]["me"]["secondFactor"]["recoveryCodesLeft"], 10);
}

#[tokio::test]
async fn a_code_holds_once_and_so_does_a_ticket() {
    let (users, _, app) = ada().await;
    let seen = app.code(&users);
    let [one, other] = [users.ticket("ada@example.com").await, users.ticket("ada@example.com").await];
    assert_eq!(refusal(&users.second_step(&one, &seen).await), None);
    assert_eq!(refusal(&users.second_step(&other, &seen).await).as_deref(), Some("INVALID_CODE"), "somebody looked on");
    users.clock.advance(TimeDelta::seconds(30));
    assert_eq!(refusal(&users.second_step(&one, &app.code(&users)).await).as_deref(), Some("SIGN_IN_AGAIN"));
    let shown = app.code(&users);
    let (left, right) = tokio::join!(users.second_step(&other, &shown), users.second_step(&other, &shown));
    let mut both = [refusal(&left), refusal(&right)];
    both.sort();
    assert_eq!(both[0], None, "one of two at once gets in");
    assert!(both[1].is_some());
}

#[tokio::test]
async fn a_ticket_holds_for_five_minutes_and_for_nothing_else_and_ends_with_the_password() {
    let (users, phone, app) = ada().await;
    let ticket = users.ticket("ada@example.com").await;
    users.clock.advance(TimeDelta::minutes(5));
    assert_eq!(refusal(&users.second_step(&ticket, &app.code(&users)).await).as_deref(), Some("SIGN_IN_AGAIN"));
    let ticket = users.ticket("ada@example.com").await;
    assert_eq!(code(&users.verify(&ticket).await, "userEmailVerify").as_deref(), Some("LINK_EXPIRED"));
    let change =
        "mutation ($input: UserPasswordChangeInput!) { userPasswordChange(input: $input) { userErrors { code } } }";
    let input = json!({"input": {"currentPassword": PASSWORD, "newPassword": "another horse"}});
    users.ask(phone.viewer, change, input).await;
    assert_eq!(refusal(&users.second_step(&ticket, &app.code(&users)).await).as_deref(), Some("SIGN_IN_AGAIN"));
}

#[tokio::test]
async fn codes_are_not_guessed_for_long() {
    let (users, _, app) = ada().await;
    let ticket = users.ticket("ada@example.com").await;
    for _ in 0..10 {
        assert_eq!(refusal(&users.second_step(&ticket, "123456").await).as_deref(), Some("INVALID_CODE"));
    }
    let right = users.second_step(&ticket, &app.code(&users)).await;
    assert_eq!(refusal(&right).as_deref(), Some("TOO_MANY_ATTEMPTS"));
}

#[tokio::test]
async fn who_has_lost_the_app_uses_each_recovery_code_once_and_is_written_to() {
    let (users, phone, app) = ada().await;
    let post = users.post().await;
    let typed = app.recovery[0].to_uppercase();
    let ticket = users.ticket("ada@example.com").await;
    assert_eq!(refusal(&users.second_step(&ticket, &typed).await), None);
    let ticket = users.ticket("ada@example.com").await;
    assert_eq!(refusal(&users.second_step(&ticket, &typed).await).as_deref(), Some("INVALID_CODE"));
    assert_eq!(refusal(&users.second_step(&ticket, &app.recovery[1]).await), None);
    let told = post.to("ada@example.com").await;
    let of_codes = told.iter().filter(|mail| mail.subject == "A recovery code of your account at Mercato was used");
    assert_eq!(of_codes.count(), 2);
    let left = users.ask(phone.viewer, "{ me { secondFactor { recoveryCodesLeft } } }", json!({})).await;
    assert_eq!(left["data"]["me"]["secondFactor"]["recoveryCodesLeft"], 8);
}

#[tokio::test]
async fn it_is_added_and_removed_by_who_has_just_shown_who_they_are() {
    let (users, mut phone, _) = ada().await;
    let again = users.ask(phone.viewer.clone(), ADD, json!({})).await;
    assert_eq!(code(&again, "userSecondFactorAdd").as_deref(), Some("ALREADY_EXISTS"));
    phone.viewer.signed.as_mut().expect("signed in").is_recent = false;
    for document in [ADD, REMOVE] {
        let refused = users.ask(phone.viewer.clone(), document, json!({})).await;
        assert_eq!(refused["errors"][0]["extensions"]["code"], "STEP_UP_REQUIRED");
        let nobody = users.ask(Viewer::anonymous(), document, json!({})).await;
        assert_eq!(nobody["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    }
    phone.viewer.signed.as_mut().expect("signed in").is_recent = true;
    assert_eq!(code(&users.ask(phone.viewer.clone(), REMOVE, json!({})).await, "userSecondFactorRemove"), None);
    assert_eq!(code(&users.login("ada@example.com", PASSWORD).await, "userLogin"), None);
    let none = users.ask(phone.viewer, REMOVE, json!({})).await;
    assert_eq!(code(&none, "userSecondFactorRemove").as_deref(), Some("NOT_FOUND"));
}

#[tokio::test]
async fn where_staff_must_have_one_they_may_nothing_before() {
    let required = Settings { staff_second_factor: StaffSecondFactor::Required, ..Settings::default() };
    let users = Users::with(kit::testing::manual_clock(), required, None).await;
    ensure_account(&users.store, "staff@example.com", PASSWORD, "Staff", &["orders"]).await.expect("an account");
    let desk = users.device("staff@example.com", "desk").await;
    assert_eq!(crate::claims_of(&desk.access)["permissions"], json!([]));
    users.add_app(&desk).await;
    let renewed = users.refresh(&desk.refresh).await;
    let claims = crate::claims_of(&text(&renewed, "/data/userTokenRefresh/accessToken"));
    assert_eq!((&claims["permissions"], &claims["role"]), (&json!(["orders"]), &json!("staff")));
    let deeds = users.deeds().await;
    assert_eq!(deeds.last().expect("a deed")["action"], "user.second_factor.add");
    users.somebody("ada@example.com", "Ada").await;
    assert_eq!(code(&users.login("ada@example.com", PASSWORD).await, "userLogin"), None, "others are not asked");
}

#[tokio::test]
async fn what_codes_follow_from_lies_sealed_in_the_database() {
    let users = Users::new().await;
    users.somebody("ada@example.com", "Ada").await;
    let phone = users.device("ada@example.com", "phone").await;
    let offer = users.ask(phone.viewer.clone(), ADD, json!({})).await;
    let secret = text(&offer, "/data/userSecondFactorAdd/offer/secret");
    let seed = Secret::try_from_base32(secret).expect("base32");
    let select = "SELECT secret, sealed_by FROM second_factor";
    let reader = users.db.reader();
    let statement = sea_orm::Statement::from_string(reader.get_database_backend(), select);
    let row = reader.query_one_raw(statement).await.expect("it answers").expect("a row");
    let kept: Vec<u8> = row.try_get("", "secret").expect("bytes");
    assert!(!kept.windows(20).any(|bytes| bytes == seed.as_bytes()), "it lies open");
    assert!(!row.try_get::<String>("", "sealed_by").expect("a name").is_empty());
}

#[tokio::test]
async fn no_setting_lets_codes_be_guessed_without_a_bound() {
    let unbounded = Settings { logins_per_account: 0, logins_per_client: 0, ..Settings::default() };
    let users = Users::with(kit::testing::manual_clock(), unbounded, None).await;
    users.somebody("ada@example.com", "Ada").await;
    let phone = users.device("ada@example.com", "phone").await;
    let app = users.add_app(&phone).await;
    let ticket = users.ticket("ada@example.com").await;
    for _ in 0..10 {
        assert_eq!(refusal(&users.second_step(&ticket, "123456").await).as_deref(), Some("INVALID_CODE"));
        let wrong = users.step_up(&phone, json!({"code": "123456"})).await;
        assert_eq!(code(&wrong, "userStepUp").as_deref(), Some("INVALID_CODE"));
    }
    let right = users.second_step(&ticket, &app.code(&users)).await;
    assert_eq!(refusal(&right).as_deref(), Some("TOO_MANY_ATTEMPTS"));
    let right = users.step_up(&phone, json!({"code": app.code(&users)})).await;
    assert_eq!(code(&right, "userStepUp").as_deref(), Some("TOO_MANY_ATTEMPTS"));
}

#[tokio::test]
async fn a_session_no_longer_counts_as_proven_with_a_factor_that_was_removed() {
    let required = Settings { staff_second_factor: StaffSecondFactor::Required, ..Settings::default() };
    let users = Users::with(kit::testing::manual_clock(), required, None).await;
    ensure_account(&users.store, "staff@example.com", PASSWORD, "Staff", &["orders"]).await.expect("an account");
    let desk = users.device("staff@example.com", "desk").await;
    let app = users.add_app(&desk).await;
    let ticket = users.ticket("staff@example.com").await;
    let laptop = users.second_step(&ticket, &app.code(&users)).await;
    let laptop = users.signed_in(&laptop, "/data/userSecondFactorSignIn").await;
    assert_eq!(crate::claims_of(&laptop.access)["permissions"], json!(["orders"]));
    assert_eq!(code(&users.ask(desk.viewer.clone(), REMOVE, json!({})).await, "userSecondFactorRemove"), None);
    for device in [&desk, &laptop] {
        let renewed = users.refresh(&device.refresh).await;
        let claims = crate::claims_of(&text(&renewed, "/data/userTokenRefresh/accessToken"));
        assert_eq!((&claims["permissions"], &claims["amr"]), (&json!([]), &json!(["pwd"])), "{claims:#}");
        let stepped = users.step_up(device, json!({"password": PASSWORD})).await;
        let claims = crate::claims_of(&text(&stepped, "/data/userStepUp/accessToken"));
        assert_eq!((&claims["permissions"], &claims["amr"]), (&json!([]), &json!(["pwd"])), "{claims:#}");
    }
    let another = users.add_app(&laptop).await;
    assert_eq!(another.recovery.len(), 10, "and who adds another may again");
    let renewed = users.login("staff@example.com", PASSWORD).await;
    assert_eq!(code(&renewed, "userLogin").as_deref(), Some("SECOND_FACTOR_REQUIRED"));
}

#[tokio::test]
async fn no_session_that_a_provider_began_without_a_code_goes_on_once_one_is_asked_for() {
    for round in 0..5 {
        let users = Users::new().await;
        users.somebody("ada@example.com", "Ada").await;
        let phone = users.device("ada@example.com", "phone").await;
        users.more_sessions(&phone.viewer, 0).await;
        let (_, came) = tokio::join!(users.add_app(&phone), users.sign_in("quick", "1", None));
        match came["data"]["userIdentitySignIn"]["refreshToken"].as_str() {
            Some(token) => {
                let ended = users.not_refreshed(token).await;
                assert_eq!(ended.as_deref(), Some("SESSION_ENDED"), "round {round}: it never showed a code");
            }
            None => assert_eq!(code(&came, "userIdentitySignIn").as_deref(), Some("SECOND_FACTOR_REQUIRED")),
        }
    }
}

#[tokio::test]
async fn whoever_guesses_codes_at_the_sign_in_keeps_nobody_from_stepping_up() {
    let (users, phone, app) = ada().await;
    let guess_until_refused = async || {
        let ticket = users.ticket("ada@example.com").await;
        let mut guesses = 0;
        while refusal(&users.second_step(&ticket, "123456").await).as_deref() == Some("INVALID_CODE") {
            guesses += 1;
        }
        guesses
    };
    assert_eq!(guess_until_refused().await, 10);
    let stepped = users.step_up(&phone, json!({"code": app.code(&users)})).await;
    assert_eq!(code(&stepped, "userStepUp"), None, "{stepped:#}");
    assert_eq!(guess_until_refused().await, 0, "a step-up gives who guesses nothing back");
    users.ask(phone.viewer.clone(), REMOVE, json!({})).await;
    users.add_app(&phone).await;
    for _ in 0..10 {
        users.step_up(&phone, json!({"code": "123456"})).await;
    }
    let refused = users.step_up(&phone, json!({"code": app.code(&users)})).await;
    assert_eq!(code(&refused, "userStepUp").as_deref(), Some("TOO_MANY_ATTEMPTS"), "each session has its own bound");
}

#[tokio::test]
async fn where_there_is_one_a_password_alone_neither_moves_the_account_nor_erases_it() {
    let (users, mut phone, _) = ada().await;
    let change = "mutation ($input: UserEmailChangeInput!) { userEmailChange(input: $input) { userErrors { code } } }";
    let erase = "mutation ($input: UserEraseInput!) { userErase(input: $input) { userErrors { code } } }";
    let bob = users.somebody("bob@example.com", "Bob").await;
    let mut bob = Viewer::user(&bob);
    for viewer in [&mut phone.viewer, &mut bob] {
        viewer.signed.as_mut().expect("signed in").is_recent = false;
    }
    for (name, document, input) in [
        ("userEmailChange", change, json!({"input": {"password": PASSWORD, "newEmail": "moved@example.com"}})),
        ("userErase", erase, json!({"input": {"password": PASSWORD}})),
    ] {
        let refused = users.ask(phone.viewer.clone(), document, input.clone()).await;
        assert_eq!(refused["errors"][0]["extensions"]["code"], "STEP_UP_REQUIRED", "{name}");
        let without = users.ask(bob.clone(), document, input.clone()).await;
        assert_eq!(code(&without, name), None, "who has none shows the password");
        let mut proven = phone.viewer.clone();
        proven.signed.as_mut().expect("signed in").is_recent = true;
        assert_eq!(code(&users.ask(proven, document, input).await, name), None, "{name}");
    }
}
