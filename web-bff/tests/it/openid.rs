//! Signing in with OpenID Connect, at the certified provider of npm.

use reqwest::Url;
use serde_json::Value;

use crate::browser::{Answer, Browser};
use crate::edge::Edge;
use crate::provider::OpenIdProvider;

struct Flow {
    edge: Edge,
    provider: OpenIdProvider,
    browser: Browser,
}

impl Flow {
    async fn new() -> Option<Self> {
        let provider = OpenIdProvider::start()?;
        let edge = Edge::trusting(&provider.issuer).await;
        let browser = edge.browser();
        Some(Self { edge, provider, browser })
    }

    /// Where the edge sends the browser.
    async fn begin(&mut self) -> Url {
        let answer = self.browser.visit("/auth/openid?returnTo=/there").await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        Url::parse(answer.location()).unwrap()
    }

    /// Signs in at the provider, and gives where that sends the browser.
    async fn at_the_provider(&self, there: &Url) -> Url {
        let mut browser = Browser::at("");
        let mut url = there.clone();
        while url.as_str().starts_with(&self.provider.issuer) {
            let answer = browser.visit(url.as_str()).await;
            assert!(matches!(answer.status, 302 | 303), "{}: {}", answer.status, answer.text);
            url = url.join(answer.location()).unwrap();
        }
        url
    }

    async fn come_back(&mut self, url: &Url) -> Answer {
        self.browser.visit(&format!("{}?{}", url.path(), url.query().unwrap())).await
    }

    fn signed_in(&self) -> bool {
        self.browser.session().is_some()
    }
}

/// The address with one parameter changed.
fn with(url: &Url, name: &str, value: &str) -> Url {
    let others: Vec<_> =
        url.query_pairs().filter(|(key, _)| key != name).map(|(k, v)| (k.into_owned(), v.into_owned())).collect();
    let mut changed = url.clone();
    changed.query_pairs_mut().clear().extend_pairs(others).append_pair(name, value);
    changed
}

fn parameter(url: &Url, name: &str) -> String {
    url.query_pairs().find(|(key, _)| key == name).unwrap_or_else(|| panic!("{url} has no {name}")).1.into_owned()
}

fn assertion(edge: &Edge) -> Value {
    let (_, input, _) = edge.standin.told(|told| told.called.last().cloned()).unwrap();
    let claims = input["assertion"].as_str().unwrap().split('.').nth(1).unwrap().to_owned();
    let claims = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, claims).unwrap();
    serde_json::from_slice(&claims).unwrap()
}

#[tokio::test]
async fn somebody_signs_in_and_the_provider_vouches_for_the_address() {
    let Some(mut flow) = Flow::new().await else { return };
    let there = flow.begin().await;
    let back = flow.at_the_provider(&there).await;
    let answer = flow.come_back(&back).await;
    assert_eq!((answer.status, answer.location()), (303, "/there"), "{}", answer.text);
    assert!(flow.signed_in());
    let told = assertion(&flow.edge);
    let fields = ["provider", "sub", "email", "email_verified", "name"].map(|field| told[field].to_string());
    assert_eq!(fields, ["\"openid\"", "\"ada\"", "\"ada@provider.example\"", "true", "\"ada\""]);
}

#[tokio::test]
async fn an_address_that_the_provider_does_not_vouch_for_is_not_vouched_for_by_us() {
    let Some(mut flow) = Flow::new().await else { return };
    let there = with(&flow.begin().await, "login_hint", "unverified-eve");
    let back = flow.at_the_provider(&there).await;
    flow.come_back(&back).await;
    assert_eq!(assertion(&flow.edge)["email_verified"], false);
}

#[tokio::test]
async fn another_state_nonce_verifier_or_issuer_signs_nobody_in() {
    let Some(mut flow) = Flow::new().await else { return };
    // The provider is asked with another nonce, and its ID token carries that.
    let there = with(&flow.begin().await, "nonce", "another");
    let back = flow.at_the_provider(&there).await;
    assert_eq!(flow.come_back(&back).await.code(), "PROVIDER_NOT_BELIEVED");
    // The provider is asked with another challenge, and our verifier does not answer that.
    let there = with(&flow.begin().await, "code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    let back = flow.at_the_provider(&there).await;
    assert_eq!(flow.come_back(&back).await.code(), "PROVIDER_NOT_BELIEVED");

    let there = flow.begin().await;
    let back = with(&flow.at_the_provider(&there).await, "iss", "https://evil.example");
    assert_eq!(flow.come_back(&back).await.code(), "PROVIDER_NOT_BELIEVED");

    let there = flow.begin().await;
    let back = with(&flow.at_the_provider(&there).await, "state", "another");
    assert_eq!(flow.come_back(&back).await.code(), "SIGN_IN_NOT_FOUND");
    assert!(!flow.signed_in());
}

#[tokio::test]
async fn a_code_works_once_and_a_way_back_too() {
    let Some(mut flow) = Flow::new().await else { return };
    let there = flow.begin().await;
    let back = flow.at_the_provider(&there).await;
    assert_eq!(flow.come_back(&back).await.status, 303);
    assert_eq!(flow.come_back(&back).await.code(), "SIGN_IN_NOT_FOUND");
    // The code once more, in a flow of its own.
    let state = parameter(&flow.begin().await, "state");
    let replayed = with(&back, "state", &state);
    assert_eq!(flow.come_back(&replayed).await.code(), "PROVIDER_NOT_BELIEVED");
}

#[tokio::test]
async fn who_did_not_begin_here_does_not_end_here() {
    let Some(mut flow) = Flow::new().await else { return };
    let there = flow.begin().await;
    let back = flow.at_the_provider(&there).await;
    // An attacker lets a victim's browser end what the attacker began.
    let began = std::mem::replace(&mut flow.browser, flow.edge.browser());
    assert_eq!(flow.come_back(&back).await.code(), "SIGN_IN_NOT_FOUND");
    assert!(!flow.signed_in());
    flow.browser = began;
    assert_eq!(flow.come_back(&back).await.status, 303);
}

#[tokio::test]
async fn a_way_back_leads_to_the_provider_that_it_began_with() {
    let Some(mut flow) = Flow::new().await else { return };
    let there = flow.begin().await;
    let mut back = flow.at_the_provider(&there).await;
    back.set_path("/auth/facebook/callback");
    assert_eq!(flow.come_back(&back).await.code(), "SIGN_IN_NOT_FOUND");
}

#[tokio::test]
async fn a_provider_that_is_away_is_a_503_with_a_code() {
    let edge = Edge::trusting("http://127.0.0.1:1").await;
    let answer = edge.browser().visit("/auth/openid").await;
    assert_eq!((answer.status, answer.code().as_str()), (503, "UNAVAILABLE"));
}
