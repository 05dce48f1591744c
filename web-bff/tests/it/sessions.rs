//! A browser's session: what it takes to use it, how it lives and how it ends.

use std::sync::Arc;

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::edge::Edge;

#[tokio::test]
async fn a_cookie_counts_only_with_the_header_and_from_a_page_of_ours() {
    let edge = Edge::start().await;
    let mut browser = edge.signed_in().await;
    let body = json!({ "query": "{ __typename }" });
    let post = || edge.browser().request(Method::POST, "/graphql").json(&body);
    let cookie = format!("__Host-mercato={}", browser.session().unwrap());
    let with_cookie = |request: reqwest::RequestBuilder| request.header("cookie", &cookie);
    let get = edge.browser().request(Method::GET, "/graphql?query=%7B__typename%7D");
    for refused in [
        with_cookie(post()),
        with_cookie(post()).header("x-mercato-csrf", ""),
        with_cookie(post()).header("x-mercato-csrf", "1").header("origin", "https://evil.example"),
        with_cookie(post()).header("x-mercato-csrf", "1").header("origin", "null"),
        with_cookie(get),
        with_cookie(edge.browser().request(Method::GET, "/auth/session")),
        edge.browser().request(Method::POST, "/auth/login").json(&json!({ "email": "a", "password": "b" })),
        with_cookie(edge.browser().request(Method::POST, "/auth/logout").json(&json!({}))),
    ] {
        let answer = browser.send(refused).await;
        assert_eq!((answer.status, answer.code().as_str()), (403, "CSRF_SUSPECTED"));
    }
    let own = browser.request(Method::POST, "/graphql").header("origin", &edge.url).header("x-mercato-csrf", "1");
    assert_eq!(browser.send(own.json(&body)).await.status, 200);
    assert_eq!(browser.get("/graphql?query=%7B__typename%7D").await.status, 200);
}

#[tokio::test]
async fn a_page_learns_who_is_signed_in() {
    let edge = Edge::start().await;
    let mut browser = edge.browser();
    assert_eq!(browser.get("/auth/session").await.json(), json!({ "user": null, "expiresAt": null }));
    browser.log_in().await;
    let seen = browser.get("/auth/session").await.json();
    assert_eq!(seen["user"]["displayName"], "Ada");
    assert!(seen["expiresAt"].is_string(), "{seen}");
}

#[tokio::test]
async fn a_hundred_requests_before_two_replicas_refresh_once() {
    let edge = Edge::start().await;
    // What is left is below what a request may rely on, so each of them needs the new token.
    edge.standin.told(|told| told.lasts = 2);
    let browser = edge.signed_in().await;
    let replica = edge.replica().await;
    let asked = (0..100).map(|i| {
        let mut browser = if i % 2 == 0 { browser.clone() } else { browser.before(&replica) };
        async move { browser.ask().await.status }
    });
    assert_eq!(join_all(asked).await, vec![200; 100]);
    assert_eq!(edge.standin.calls("Refresh"), 1);
}

#[tokio::test]
async fn while_a_token_lasts_nobody_waits_for_the_next_one() {
    let edge = Edge::start().await;
    edge.standin.told(|told| told.lasts = 30);
    let mut browser = edge.signed_in().await;
    edge.standin.told(|told| told.lost = 2);
    // Due, and the users subgraph does not answer: the old one goes on.
    assert_eq!(browser.ask().await.status, 200);
    assert_eq!(edge.standin.calls("Refresh"), 2);
}

#[tokio::test]
async fn an_answer_that_was_lost_is_asked_for_again() {
    let edge = Edge::start().await;
    edge.standin.told(|told| told.lasts = 1);
    let mut browser = edge.signed_in().await;
    edge.standin.told(|told| told.lost = 1);
    assert_eq!(browser.ask().await.status, 200);
    assert_eq!(edge.standin.told(|told| told.spent.clone()), ["mrt_1", "mrt_1"]);
    // The new token is in use.
    assert_eq!(browser.ask().await.status, 200);
    assert_eq!(edge.standin.calls("Refresh"), 2);
}

#[tokio::test]
async fn a_client_that_hangs_up_while_its_token_is_replaced_keeps_the_session() {
    let edge = Edge::start().await;
    edge.standin.told(|told| told.lasts = 1);
    let browser = edge.signed_in().await;
    let held = Arc::new(Notify::new());
    edge.standin.told(|told| told.held = Some(Arc::clone(&held)));
    let mut hasty = browser.clone();
    let asking = tokio::spawn(async move { hasty.ask().await.status });
    while edge.standin.calls("Refresh") == 0 {
        tokio::task::yield_now().await;
    }
    asking.abort();
    assert!(asking.await.is_err());
    held.notify_one();
    assert_eq!(browser.clone().ask().await.status, 200);
    assert_eq!(edge.standin.calls("Refresh"), 1);
}

#[tokio::test]
async fn a_session_whose_family_was_revoked_ends() {
    let edge = Edge::start().await;
    edge.standin.told(|told| told.lasts = 1);
    let mut browser = edge.signed_in().await;
    edge.standin.told(|told| told.refused = Some(json!({ "code": "SESSION_ENDED", "message": "It is over." })));
    let answer = browser.ask().await;
    assert_eq!((answer.status, answer.told_of_the_session()), (200, "SESSION_ENDED"));
    assert_eq!(browser.session(), None);
    assert!(!edge.redis_text().await.contains("mercato:session:"));
    let answer = browser.ask().await;
    assert_eq!((answer.status, answer.told_of_the_session()), (200, ""), "a guest, who has been told");
}

#[tokio::test]
async fn a_users_subgraph_that_asks_for_patience_ends_no_session() {
    let edge = Edge::start().await;
    edge.standin.told(|told| told.lasts = 1);
    let mut browser = edge.signed_in().await;
    edge.standin.told(|told| told.refused = Some(json!({ "code": "TOO_MANY_ATTEMPTS", "message": "Later." })));
    assert_eq!(browser.ask().await.status, 503);
    edge.standin.told(|told| told.refused = None);
    assert_eq!(browser.ask().await.status, 200);
}

#[tokio::test]
async fn signing_out_ends_the_session_here_and_in_users() {
    let edge = Edge::start().await;
    let mut browser = edge.signed_in().await;
    let thief = browser.clone();
    let answer = browser.post("/auth/logout", json!({})).await;
    assert_eq!((answer.status, browser.session()), (200, None));
    let (_, input, _) = edge.standin.told(|told| told.called.pop()).unwrap();
    assert_eq!(input, json!({ "refreshToken": "mrt_1", "everywhere": false }));
    assert_eq!(thief.clone().ask().await.told_of_the_session(), "SESSION_ENDED");
}

#[tokio::test]
async fn signing_out_everywhere_is_for_the_user_who_asks() {
    let edge = Edge::start().await;
    let mut browser = edge.signed_in().await;
    assert_eq!(browser.post("/auth/logout", json!({ "everywhere": true })).await.status, 200);
    let (_, input, headers) = edge.standin.told(|told| told.called.pop()).unwrap();
    assert_eq!(input["everywhere"], Value::Bool(true));
    assert!(headers.contains_key("authorization"));
}

#[tokio::test]
async fn a_planted_cookie_is_worth_nothing_after_a_sign_in() {
    let edge = Edge::start().await;
    let planted = "A".repeat(43);
    let mut browser = edge.browser();
    browser.cookies.insert("__Host-mercato".to_owned(), planted.clone());
    browser.log_in().await;
    let first = browser.session().unwrap().clone();
    assert_ne!(first, planted);
    // Signing in again changes it again, and the one before is over.
    let mut before = browser.clone();
    browser.log_in().await;
    assert_ne!(browser.session().unwrap(), &first);
    let (old, new) = (before.ask().await, browser.ask().await);
    assert_eq!((old.told_of_the_session(), new.told_of_the_session()), ("SESSION_ENDED", ""));
    let mut attacker = edge.browser();
    attacker.cookies.insert("__Host-mercato".to_owned(), planted);
    assert_eq!(attacker.ask().await.told_of_the_session(), "SESSION_ENDED");
    let tokens = edge.standin.told(|told| told.routed.iter().filter(|sent| sent.contains_key("authorization")).count());
    assert_eq!(tokens, 1, "one of the three is signed in");
}

#[tokio::test]
async fn a_stale_cookie_browses_as_a_guest_and_is_told_once() {
    let edge = Edge::start().await;
    let stale = ["A".repeat(43), "of another shop".to_owned(), String::new()];
    let mut told = 0;
    for cookie in &stale {
        // A page that knows nothing of sessions sends no proof, and has nothing to prove.
        for proof in [Some("1"), None] {
            let mut browser = edge.browser();
            browser.cookies.insert("__Host-mercato".to_owned(), cookie.clone());
            let mut request = browser.request(Method::POST, "/graphql").json(&json!({ "query": "{ __typename }" }));
            if let Some(proof) = proof {
                request = request.header("x-mercato-csrf", proof);
            }
            let answer = browser.send(request).await;
            assert_eq!((answer.status, answer.told_of_the_session()), (200, "SESSION_ENDED"), "{cookie}");
            assert_eq!(answer.json()["data"], json!({ "__typename": "Query" }), "and data");
            assert_eq!(browser.session(), None);
            assert_eq!(browser.ask().await.told_of_the_session(), "");
            let sent = edge.standin.told(|told| told.routed.pop()).unwrap();
            assert!(!sent.contains_key("authorization"), "a guest");
            told += 1;
        }
    }
    assert_eq!(told, 6);
}

#[tokio::test]
async fn what_a_guest_may_not_do_is_refused_to_a_stale_cookie_as_to_a_guest() {
    let edge = Edge::start().await;
    let mut browser = edge.browser();
    browser.cookies.insert("__Host-mercato".to_owned(), "A".repeat(43));
    let refused = json!([{ "message": "Sign in first.", "path": ["a"], "extensions": { "code": "UNAUTHENTICATED" } }]);
    edge.standin.told(|told| told.answer = Some(json!({ "data": { "a": null }, "errors": refused })));
    let answer = browser.post("/graphql", json!({ "query": "mutation { __typename }" })).await;
    assert_eq!((answer.status, answer.code().as_str()), (200, "UNAUTHENTICATED"));
    assert_eq!(answer.told_of_the_session(), "SESSION_ENDED");
}

#[tokio::test]
async fn a_page_learns_that_a_session_is_over_by_nobody_being_signed_in() {
    let edge = Edge::start().await;
    let mut browser = edge.browser();
    browser.cookies.insert("__Host-mercato".to_owned(), "A".repeat(43));
    let answer = browser.get("/auth/session").await;
    assert_eq!((answer.status, answer.json()), (200, json!({ "user": null, "expiresAt": null })));
    assert_eq!(browser.session(), None);
}
