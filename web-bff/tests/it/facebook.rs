//! Signing in with Facebook, and all the ways in which that must not work.

use reqwest::header::{ACCEPT, HeaderMap};
use reqwest::{Method, Url};
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::edge::Edge;

/// Begins, and gives what Facebook would be told.
async fn begun(browser: &mut Browser, path: &str) -> (Url, String) {
    let answer = browser.visit(path).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    let url = Url::parse(answer.location()).unwrap();
    let state = parameter(&url, "state");
    (url, state)
}

fn parameter(url: &Url, name: &str) -> String {
    url.query_pairs().find(|(key, _)| key == name).unwrap_or_else(|| panic!("{url} has no {name}")).1.into_owned()
}

fn way_back(state: &str) -> String {
    format!("/auth/facebook/callback?code=good&state={state}")
}

#[tokio::test]
async fn somebody_comes_back_signed_in_where_they_were() {
    let edge = Edge::start().await;
    let mut browser = edge.browser();
    let (url, state) = begun(&mut browser, "/auth/facebook?returnTo=%2Forders%3Fpage%3D2").await;
    assert_eq!(parameter(&url, "code_challenge_method"), "S256");
    assert_eq!(parameter(&url, "redirect_uri"), format!("{}/auth/facebook/callback", edge.url));
    let answer = browser.visit(&way_back(&state)).await;
    assert_eq!((answer.status, answer.location()), (303, "/orders?page=2"));
    assert_eq!(browser.ask().await.status, 200);
    assert!(edge.standin.told(|told| told.routed.pop()).unwrap().contains_key("authorization"));

    let (name, input, _) = edge.standin.told(|told| told.called[0].clone());
    assert_eq!(name, "SignInByIdentity");
    let claims = input["assertion"].as_str().unwrap().split('.').nth(1).unwrap().to_owned();
    let claims = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, claims).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!((&claims["provider"], &claims["sub"]), (&json!("facebook"), &json!("1815")));
    assert_eq!((&claims["email_verified"], &claims["aud"]), (&json!(false), &json!("mercato-identity")));

    let sent = edge.standin.told(|told| told.facebook.clone());
    assert!(sent[0].1["code_verifier"].is_string(), "{}", sent[0].1);
    // HMAC-SHA256 of the token "EAAB" with the app's secret.
    assert_eq!(sent[1].1["appsecret_proof"].as_str().unwrap().len(), 64);
    assert_eq!(sent[1].1["fields"], "id,name,email");
}

#[tokio::test]
async fn a_way_back_counts_once_in_the_browser_that_began_and_with_its_state() {
    let edge = Edge::start().await;
    let mut browser = edge.browser();
    let (_, state) = begun(&mut browser, "/auth/facebook").await;
    let mut other = edge.browser();
    begun(&mut other, "/auth/facebook").await;
    let mut without = edge.browser();
    for (who, path) in [
        (&mut other, way_back(&state)),
        (&mut without, way_back(&state)),
        (&mut browser.clone(), way_back("another")),
        (&mut browser.clone(), "/auth/facebook/callback?code=good".to_owned()),
    ] {
        let answer = who.visit(&path).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "SIGN_IN_NOT_FOUND"));
        assert_eq!(who.session(), None);
    }
    assert_eq!(browser.visit(&way_back(&state)).await.status, 303);
    let answer = browser.visit(&way_back(&state)).await;
    assert_eq!((answer.status, answer.code().as_str()), (400, "SIGN_IN_NOT_FOUND"), "a second time");
}

#[tokio::test]
async fn two_tabs_may_sign_in_side_by_side() {
    let edge = Edge::start().await;
    let mut browser = edge.browser();
    let (_, first) = begun(&mut browser, "/auth/facebook?returnTo=/first").await;
    let (_, second) = begun(&mut browser, "/auth/facebook?returnTo=/second").await;
    assert_eq!(browser.visit(&way_back(&first)).await.location(), "/first");
    assert_eq!(browser.visit(&way_back(&second)).await.location(), "/second");
}

#[tokio::test]
async fn nobody_is_sent_to_another_site() {
    let edge = Edge::start().await;
    for elsewhere in ["https%3A%2F%2Fevil.example", "%2F%2Fevil.example", "%2F%5Cevil.example", "javascript%3Aalert(1)"]
    {
        let mut browser = edge.browser();
        let (_, state) = begun(&mut browser, &format!("/auth/facebook?returnTo={elsewhere}")).await;
        assert_eq!(browser.visit(&way_back(&state)).await.location(), "/", "{elsewhere}");
    }
}

#[tokio::test]
async fn what_goes_wrong_has_a_code_and_no_words_of_facebooks() {
    let edge = Edge::start().await;
    let mut browser = edge.browser();
    for (query, status, code) in [
        ("error=access_denied&error_description=a+secret", 403, "PROVIDER_REFUSED"),
        ("code=bad", 400, "PROVIDER_NOT_BELIEVED"),
    ] {
        let (_, state) = begun(&mut browser, "/auth/facebook").await;
        let answer = browser.visit(&format!("/auth/facebook/callback?{query}&state={state}")).await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code));
        assert!(!answer.text.contains("secret"), "{}", answer.text);
    }
    let (_, state) = begun(&mut browser, "/auth/facebook").await;
    edge.standin
        .told(|told| told.refused = Some(json!({ "code": "IDENTITY_WITHOUT_EMAIL", "message": "No <address>." })));
    let html = HeaderMap::from_iter([(ACCEPT, "text/html,*/*".parse().unwrap())]);
    let page = browser.request(Method::GET, &way_back(&state)).headers(html);
    let answer = browser.send(page).await;
    assert_eq!(answer.status, 409);
    let told = answer.text.contains("IDENTITY_WITHOUT_EMAIL") && answer.text.contains("No &lt;address&gt;.");
    assert!(told, "{}", answer.text);
    assert_eq!(browser.session(), None);
    assert_eq!(browser.visit("/auth/nobody").await.status, 404);
}

#[tokio::test]
async fn a_signed_in_user_gets_another_way_in_and_only_in_that_session() {
    let edge = Edge::start().await;
    let mut browser = edge.signed_in().await;
    assert_eq!(edge.browser().post("/auth/facebook", json!({})).await.status, 401);
    let unproven = browser.request(Method::POST, "/auth/facebook").json(&json!({}));
    assert_eq!(browser.send(unproven).await.status, 403);

    let answer = browser.post("/auth/facebook", json!({ "returnTo": "/account" })).await;
    let state = parameter(&Url::parse(answer.json()["location"].as_str().unwrap()).unwrap(), "state");
    let before = browser.session().cloned();
    let answer = browser.visit(&way_back(&state)).await;
    assert_eq!((answer.status, answer.location()), (303, "/account"));
    assert_eq!(browser.session(), before.as_ref());
    let (name, _, headers) = edge.standin.told(|told| told.called.pop()).unwrap();
    assert_eq!(name, "LinkIdentity");
    assert!(headers.contains_key("authorization"));

    let answer = browser.post("/auth/facebook", json!({})).await;
    let state = parameter(&Url::parse(answer.json()["location"].as_str().unwrap()).unwrap(), "state");
    browser.log_in().await;
    assert_eq!(browser.visit(&way_back(&state)).await.status, 401, "somebody else may have signed in meanwhile");
}

#[tokio::test]
async fn another_way_in_takes_a_recent_proof_before_anybody_is_sent_away_and_when_they_come_back() {
    let edge = Edge::start().await;
    edge.standin.told(|told| told.proven_before = 3_600);
    let mut browser = edge.signed_in().await;
    let answer = browser.post("/auth/facebook", json!({})).await;
    assert_eq!((answer.status, answer.code().as_str()), (403, "STEP_UP_REQUIRED"), "{}", answer.text);

    edge.standin.told(|told| told.proven_before = 0);
    let mut browser = edge.signed_in().await;
    let answer = browser.post("/auth/facebook", json!({})).await;
    let state = parameter(&Url::parse(answer.json()["location"].as_str().unwrap()).unwrap(), "state");
    edge.standin.told(|told| told.error = Some("STEP_UP_REQUIRED"));
    let answer = browser.visit(&way_back(&state)).await;
    assert_eq!((answer.status, answer.code().as_str()), (403, "STEP_UP_REQUIRED"), "{}", answer.text);
    assert!(!answer.text.contains("document") && browser.session().is_some(), "{}", answer.text);
}

#[tokio::test]
async fn pages_may_ask_which_providers_there_are() {
    let edge = Edge::start().await;
    let listed = edge.browser().get("/auth/providers").await.json();
    assert_eq!(
        listed,
        json!([
            { "name": "facebook", "label": "facebook", "href": "/auth/facebook" },
            { "name": "openid", "label": "openid", "href": "/auth/openid" },
        ])
    );
}

#[tokio::test]
async fn an_answer_of_the_graph_without_an_end_is_not_read_to_it() {
    let edge = Edge::start().await;
    let mut browser = edge.browser();
    edge.standin.told(|told| told.name_bytes = Some(20_000_000));
    let (_, state) = begun(&mut browser, "/auth/facebook").await;
    let answer = browser.visit(&way_back(&state)).await;
    assert_eq!((answer.status, answer.code().as_str()), (503, "UNAVAILABLE"), "{}", answer.text);
    assert_eq!(browser.session(), None);
}
