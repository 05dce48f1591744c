use futures::{StreamExt, stream};
use kit::testing::caller_keys;
use kit::{Caller, Viewer};
use serde_json::{Value, json};

use crate::{PASSWORD, Users, code, text};

const SIGN_IN: &str = "mutation ($input: UserIdentitySignInInput!) {
    userIdentitySignIn(input: $input) {
        user { id displayName email emailVerified identities { provider } }
        accessToken
        refreshToken
        userErrors { code }
    }
}";
const LINK: &str =
    "mutation ($input: UserIdentityLinkInput!) { userIdentityLink(input: $input) { userErrors { code } } }";
const UNLINK: &str =
    "mutation ($input: UserIdentityUnlinkInput!) { userIdentityUnlink(input: $input) { userErrors { code } } }";

fn edge() -> Caller {
    Users::caller(None, &["identity"])
}

/// What the edge says after it has heard from a provider.
fn signed(provider: &str, sub: &str, email: Option<(&str, bool)>) -> String {
    let (email, email_verified) = email.unzip();
    let said = json!({
        "provider": provider, "sub": sub, "email": email, "email_verified": email_verified.unwrap_or(false),
        "name": "Ada at the provider",
    });
    caller_keys().sign("mercato-identity", &said).expect("it signs")
}

impl Users {
    pub async fn sign_in(&self, provider: &str, sub: &str, email: Option<(&str, bool)>) -> Value {
        let input = json!({"input": {"assertion": signed(provider, sub, email), "device": "browser"}});
        self.ask_as(edge(), Viewer::anonymous(), SIGN_IN, input).await
    }

    /// Refresh tokens of `many` more sessions of this user's, without the time that a password takes.
    pub async fn more_sessions(&self, viewer: &Viewer, many: usize) -> Vec<String> {
        self.link(viewer, "quick", "1").await;
        let signing_in = (0..many).map(|_| self.sign_in("quick", "1", None));
        let answers: Vec<Value> = stream::iter(signing_in).buffered(50).collect().await;
        answers.iter().map(|answer| text(answer, "/data/userIdentitySignIn/refreshToken")).collect()
    }

    pub async fn link(&self, viewer: &Viewer, provider: &str, sub: &str) -> Option<String> {
        let input = json!({"input": {"assertion": signed(provider, sub, None)}});
        code(&self.ask_as(edge(), viewer.clone(), LINK, input).await, "userIdentityLink")
    }

    async fn unlink(&self, viewer: &Viewer, provider: &str) -> Option<String> {
        let input = json!({"input": {"provider": provider}});
        code(&self.ask(viewer.clone(), UNLINK, input).await, "userIdentityUnlink")
    }
}

fn user(answer: &Value) -> String {
    text(answer, "/data/userIdentitySignIn/user/id")
}

fn refusal(answer: &Value) -> Option<String> {
    code(answer, "userIdentitySignIn")
}

const ADA: Option<(&str, bool)> = Some(("ada@example.com", true));

#[tokio::test]
async fn who_is_new_gets_an_account_with_the_address_that_the_provider_vouches_for() {
    let users = Users::new().await;
    let answer = users.sign_in("google", "1", ADA).await;
    let user = &answer["data"]["userIdentitySignIn"]["user"];
    assert_eq!(user["displayName"], "Ada at the provider");
    assert_eq!((&user["email"], &user["emailVerified"]), (&json!("ada@example.com"), &json!(true)));
    assert_eq!(user["identities"], json!([{"provider": "google"}]));
    let device = users.signed_in(&answer, "/data/userIdentitySignIn").await;
    assert_eq!(users.not_refreshed(&device.refresh).await, None);
    let guessed = users.login("ada@example.com", "").await;
    assert_eq!(code(&guessed, "userLogin").as_deref(), Some("INVALID_CREDENTIALS"), "there is no password");
}

#[tokio::test]
async fn who_came_before_is_known_by_the_provider_s_id_whatever_their_address_is_now() {
    let users = Users::new().await;
    let first = user(&users.sign_in("google", "1", ADA).await);
    for email in [ADA, Some(("other@example.com", true)), Some(("ada@example.com", false)), None] {
        assert_eq!(user(&users.sign_in("google", "1", email).await), first);
    }
    let another = users.sign_in("google", "2", Some(("eve@example.com", true))).await;
    assert_ne!(user(&another), first);
}

#[tokio::test]
async fn an_address_alone_does_not_reach_an_account_whose_owner_has_shown_that_it_is_theirs() {
    let users = Users::new().await;
    users.somebody("ada@example.com", "Ada").await;
    let answer = users.sign_in("google", "1", ADA).await;
    assert_eq!(refusal(&answer).as_deref(), Some("IDENTITY_NOT_LINKED"));
    assert!(answer["data"]["userIdentitySignIn"]["accessToken"].is_null());
    // Neither does it reach what another provider's account has.
    let users = Users::new().await;
    user(&users.sign_in("google", "1", ADA).await);
    assert_eq!(refusal(&users.sign_in("other", "9", ADA).await).as_deref(), Some("IDENTITY_NOT_LINKED"));
    assert_eq!(refusal(&users.sign_in("google", "2", ADA).await).as_deref(), Some("IDENTITY_NOT_LINKED"));
}

#[tokio::test]
async fn an_address_that_the_provider_does_not_vouch_for_is_none() {
    let users = Users::new().await;
    for email in [None, Some(("ada@example.com", false)), Some(("no address", true))] {
        let answer = users.sign_in("facebook", "1", email).await;
        assert_eq!(refusal(&answer).as_deref(), Some("IDENTITY_WITHOUT_EMAIL"), "{email:?}");
    }
    let later = users.sign_in("google", "1", ADA).await;
    assert_eq!(refusal(&later), None, "nothing was left behind");
}

#[tokio::test]
async fn who_registers_an_address_in_advance_does_not_wait_in_its_owner_s_account() {
    let users = Users::new().await;
    users.register("ada@example.com", "the attacker's", "Not Ada").await;
    let answer = users.sign_in("google", "1", ADA).await;
    assert_eq!(answer["data"]["userIdentitySignIn"]["user"]["displayName"], "Ada at the provider");
    let attacker = users.login("ada@example.com", "the attacker's").await;
    assert_eq!(code(&attacker, "userLogin").as_deref(), Some("INVALID_CREDENTIALS"), "their password is gone");
    users.register("ada@example.com", "the attacker's", "Not Ada").await;
    let again = users.login("ada@example.com", "the attacker's").await;
    assert_eq!(code(&again, "userLogin").as_deref(), Some("INVALID_CREDENTIALS"), "and does not come back");
    assert_eq!(user(&users.sign_in("google", "1", ADA).await), user(&answer));
}

#[tokio::test]
async fn who_signs_in_twice_at_once_for_the_first_time_has_one_account() {
    let users = Users::new().await;
    let answers = futures::future::join_all((0..8).map(|_| users.sign_in("google", "1", ADA))).await;
    let mut ids: Vec<String> = answers.iter().map(user).collect();
    ids.dedup();
    assert_eq!(ids.len(), 1);
}

#[tokio::test]
async fn who_is_signed_in_links_a_provider_and_comes_in_with_it_then() {
    let users = Users::new().await;
    let ada = users.somebody("ada@example.com", "Ada").await;
    let viewer = Viewer::user(&ada);
    assert_eq!(users.link(&viewer, "google", "1").await, None);
    assert_eq!(users.link(&viewer, "google", "1").await, None, "once more changes nothing");
    assert_eq!(user(&users.sign_in("google", "1", None).await), ada);
    assert_eq!(users.link(&viewer, "google", "2").await.as_deref(), Some("ALREADY_EXISTS"), "one of each provider");
    let bob = Viewer::user(&users.somebody("bob@example.com", "Bob").await);
    assert_eq!(users.link(&bob, "google", "1").await.as_deref(), Some("ALREADY_EXISTS"), "it is Ada's");
    assert_eq!(user(&users.sign_in("google", "1", None).await), ada);
}

#[tokio::test]
async fn a_provider_that_is_unlinked_lets_nobody_in() {
    let users = Users::new().await;
    let viewer = Viewer::user(&users.somebody("ada@example.com", "Ada").await);
    users.link(&viewer, "google", "1").await;
    let bob = Viewer::user(&users.somebody("bob@example.com", "Bob").await);
    assert_eq!(users.unlink(&bob, "google").await.as_deref(), Some("NOT_FOUND"), "not theirs");
    assert_eq!(users.unlink(&viewer, "google").await, None);
    assert_eq!(users.unlink(&viewer, "google").await.as_deref(), Some("NOT_FOUND"));
    assert_eq!(refusal(&users.sign_in("google", "1", ADA).await).as_deref(), Some("IDENTITY_NOT_LINKED"));
}

#[tokio::test]
async fn the_last_way_into_an_account_stays() {
    let users = Users::new().await;
    let viewer = Viewer::user(&user(&users.sign_in("google", "1", ADA).await));
    assert_eq!(users.unlink(&viewer, "google").await.as_deref(), Some("LAST_WAY_IN"));
    users.link(&viewer, "other", "1").await;
    let (one, other) = tokio::join!(users.unlink(&viewer, "google"), users.unlink(&viewer, "other"));
    let mut codes = [one, other];
    codes.sort();
    assert_eq!(codes, [None, Some("LAST_WAY_IN".to_owned())], "also of two who take away different ones at once");
}

#[tokio::test]
async fn nobody_but_the_edge_says_whom_a_provider_knows() {
    let users = Users::new().await;
    let ada = users.somebody("ada@example.com", "Ada").await;
    let input = json!({"input": {"assertion": signed("google", "1", ADA)}});
    for (document, viewer) in [(SIGN_IN, Viewer::anonymous()), (LINK, Viewer::user(&ada))] {
        let answer = users.ask(viewer, document, input.clone()).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "a client through the router");
    }
    let unsigned = users.ask_as(edge(), Viewer::anonymous(), LINK, input).await;
    assert_eq!(unsigned["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");

    let said = json!({"provider": "google", "sub": "1", "email": "eve@example.com", "email_verified": true});
    let stranger = kit::CallerKeys::generate("web-bff", kit::Clock::system()).expect("keys");
    for forged in [
        stranger.sign("mercato-identity", &said).expect("signed"),
        caller_keys().sign("mercato-internal", &said).expect("signed"),
        users.device("ada@example.com", "phone").await.access,
        String::new(),
    ] {
        let input = json!({"input": {"assertion": forged}});
        let answer = users.ask_as(edge(), Viewer::anonymous(), SIGN_IN, input).await;
        assert!(answer["data"].is_null() && answer["errors"].is_array(), "{answer:#}");
    }
    assert_eq!(
        code(&users.login("eve@example.com", PASSWORD).await, "userLogin").as_deref(),
        Some("INVALID_CREDENTIALS")
    );
}

#[tokio::test]
async fn a_provider_is_linked_by_who_has_just_shown_who_they_are_and_the_owner_is_told() {
    let users = Users::new().await;
    let post = users.post().await;
    let ada = users.somebody("ada@example.com", "Ada").await;
    let mut viewer = Viewer::user(&ada);
    viewer.signed.as_mut().expect("signed in").is_recent = false;
    let input = json!({"input": {"assertion": signed("google", "1", None)}});
    let refused = users.ask_as(edge(), viewer.clone(), LINK, input).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "STEP_UP_REQUIRED");
    assert_eq!(refusal(&users.sign_in("google", "1", None).await).as_deref(), Some("IDENTITY_WITHOUT_EMAIL"));
    viewer.signed.as_mut().expect("signed in").is_recent = true;
    for _ in 0..2 {
        assert_eq!(users.link(&viewer, "google", "1").await, None);
    }
    let told = post.to("ada@example.com").await;
    let subjects: Vec<_> = told.iter().map(|mail| mail.subject.as_str()).collect();
    assert_eq!(subjects, ["There is another way to sign in to your account at Mercato"], "once for one");
    let gone = users.link(&Viewer::user(vocab::UserId::generate().as_str()), "google", "2").await;
    assert_eq!(gone.as_deref(), Some("NOT_FOUND"), "an account that was erased meanwhile is linked with nothing");
}
