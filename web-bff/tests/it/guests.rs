//! A guest's secret in a cookie, beside the header.

use reqwest::Method;
use serde_json::{Value, json};

use crate::browser::{Answer, Browser};
use crate::edge::Edge;

const ADD: &str = "mutation { cartLinesAdd(input: { idempotencyKey: \"k\", lines: [] }) { cart { id } } }";
const GUEST: &str = "__Host-mercato-guest";

fn issued(edge: &Edge, secret: Option<&str>) {
    let payload = json!({ "_mercatoGuestSecret": secret, "cart": { "id": "cart_1" } });
    edge.standin.told(|told| told.answer = Some(json!({ "data": { "cartLinesAdd": payload } })));
}

/// A browser of a guest whose cart has been begun.
async fn guest(edge: &Edge) -> Browser {
    issued(edge, Some("secret-1"));
    let mut browser = edge.browser();
    browser.post("/graphql", json!({ "query": ADD })).await;
    assert_eq!(browser.cookies[GUEST], "secret-1");
    issued(edge, None);
    browser
}

fn last_secret(edge: &Edge) -> Option<String> {
    let sent = edge.standin.told(|told| told.routed.pop()).unwrap();
    Some(sent.get("x-guest")?.to_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_page_that_begins_a_cart_has_the_secret_in_a_cookie_and_not_in_the_answer() {
    let edge = Edge::start().await;
    issued(&edge, Some("secret-1"));
    let mut browser = edge.browser();
    let answer = browser.post("/graphql", json!({ "query": ADD })).await;
    assert_eq!(answer.text, r#"{"data":{"cartLinesAdd":{"cart":{"id":"cart_1"}}}}"#);
    let cookie = answer.header("set-cookie");
    for attribute in
        ["__Host-mercato-guest=secret-1", "Path=/", "Secure", "HttpOnly", "SameSite=Lax", "Max-Age=5184000"]
    {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    let document = edge.standin.told(|told| told.documents.pop()).unwrap();
    assert_eq!(document, ADD.replace("{ cart {", "{ _mercatoGuestSecret: cartToken  cart {"));
    browser.ask().await;
    assert_eq!(last_secret(&edge).as_deref(), Some("secret-1"));
}

#[tokio::test]
async fn the_secret_is_found_behind_aliases_and_fragments() {
    let edge = Edge::start().await;
    let document = "mutation M { ...A } fragment A on Mutation { \
        x: cartLinesAdd(input: { idempotencyKey: \"{\", lines: [] }) { t: cartToken } }";
    let payload = json!({ "_mercatoGuestSecret": "secret-2", "t": "secret-2" });
    edge.standin.told(|told| told.answer = Some(json!({ "data": { "x": payload } })));
    let mut browser = edge.browser();
    let answer = browser.post("/graphql", json!({ "query": document })).await;
    assert_eq!(answer.text, r#"{"data":{"x":{"t":"secret-2"}}}"#, "what the page asked for, it gets");
    assert_eq!(browser.cookies[GUEST], "secret-2");
}

#[tokio::test]
async fn an_app_and_a_page_that_proves_nothing_get_no_cookie_and_their_own_document_is_run() {
    let edge = Edge::start().await;
    issued(&edge, Some("secret-1"));
    let mut asked = 0;
    for headers in [
        vec![],
        vec![("origin", "http://localhost:3000")],
        vec![("x-mercato-csrf", "1"), ("origin", "https://evil.example")],
        vec![("cookie", "a=b")],
    ] {
        let mut browser = edge.browser();
        let request = browser.request(Method::POST, "/graphql").json(&json!({ "query": ADD }));
        let request = headers.into_iter().fold(request, |request, (name, value)| request.header(name, value));
        let answer: Answer = browser.send(request).await;
        assert_eq!((answer.status, browser.cookies.len()), (200, 0));
        assert_eq!(edge.standin.told(|told| told.documents.pop()).unwrap(), ADD);
        asked += 1;
    }
    assert_eq!(asked, 4);
}

#[tokio::test]
async fn a_guests_cookie_counts_only_for_a_page_that_proves_to_be_the_shops() {
    let edge = Edge::start().await;
    let browser = guest(&edge).await;
    let ask = |headers: &[(&'static str, &'static str)]| {
        let request = browser.request(Method::POST, "/graphql").json(&json!({ "query": "{ __typename }" }));
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
    };
    for (headers, secret) in [
        (vec![("x-mercato-csrf", "1")], Some("secret-1")),
        (vec![], None),
        (vec![("x-mercato-csrf", "1"), ("origin", "https://evil.example")], None),
        (vec![("x-mercato-csrf", "1"), ("x-guest", "own")], Some("own")),
        (vec![("x-guest", "own")], Some("own")),
    ] {
        let answer = browser.clone().send(ask(&headers)).await;
        assert_eq!((answer.status, last_secret(&edge).as_deref()), (200, secret), "{headers:?}");
    }
}

#[tokio::test]
async fn what_leans_on_a_guests_cookie_to_change_something_must_prove_to_be_the_shops() {
    let edge = Edge::start().await;
    let browser = guest(&edge).await;
    edge.standin.told(|told| told.routed.clear());
    let change = |headers: &[(&'static str, &'static str)]| {
        let request = browser.request(Method::POST, "/graphql").json(&json!({ "query": ADD }));
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
    };
    let unknown = ("origin", "https://elsewhere.example");
    for (headers, names) in [
        (vec![("x-mercato-csrf", "1"), unknown], vec!["https://elsewhere.example", "edge.origins"]),
        (vec![unknown], vec!["x-mercato-csrf"]),
        (vec![], vec!["x-mercato-csrf"]),
    ] {
        let answer = browser.clone().send(change(&headers)).await;
        assert_eq!((answer.status, answer.code().as_str()), (403, "CSRF_SUSPECTED"), "{headers:?}");
        assert!(names.iter().all(|name| answer.text.contains(name)), "{}", answer.text);
    }
    assert!(edge.standin.told(|told| told.routed.is_empty()), "nothing was changed for a guest of another name");
    // Whoever brings a secret of their own leans on no cookie.
    let own = browser.clone().send(change(&[("x-guest", "own"), unknown])).await;
    assert_eq!((own.status, last_secret(&edge).as_deref()), (200, Some("own")));
}

#[tokio::test]
async fn signing_out_by_the_graph_leaves_as_little_behind_as_under_auth() {
    let edge = Edge::start().await;
    let mut browser = guest(&edge).await;
    browser.log_in().await;
    let thief = browser.clone();
    let out = json!({ "query": "mutation { bye: userLogout(input: {}) { userErrors { code } } }" });
    edge.standin.told(|told| told.answer = Some(json!({ "data": { "bye": null }, "errors": [] })));
    browser.post("/graphql", out.clone()).await;
    assert_eq!(browser.cookies.len(), 2, "it did not work, so nothing ends");
    edge.standin.told(|told| told.answer = Some(json!({ "data": { "bye": { "userErrors": [] } } })));
    assert_eq!(browser.post("/graphql", out).await.status, 200);
    assert_eq!(browser.cookies.len(), 0);
    edge.standin.told(|told| told.answer = None);
    assert_eq!(thief.clone().ask().await.told_of_the_session(), "SESSION_ENDED");
}

#[tokio::test]
async fn a_cookie_that_is_used_is_kept_for_another_while_and_a_newer_secret_takes_its_place() {
    let edge = Edge::start().await;
    let mut browser = guest(&edge).await;
    assert_eq!(browser.ask().await.header("set-cookie"), "", "reading keeps nothing");
    let answer = browser.post("/graphql", json!({ "query": ADD })).await;
    assert!(answer.header("set-cookie").starts_with("__Host-mercato-guest=secret-1;"), "{:?}", answer.headers);
    issued(&edge, Some("secret-9"));
    browser.post("/graphql", json!({ "query": ADD })).await;
    assert_eq!(browser.cookies[GUEST], "secret-9");
}

async fn claim(edge: &Edge, browser: &mut Browser, cart: Value) -> Answer {
    let payload = json!({ "_mercatoGuestClaimed": cart, "userErrors": [] });
    edge.standin.told(|told| told.answer = Some(json!({ "data": { "cartClaim": payload } })));
    browser
        .post(
            "/graphql",
            json!({ "query": "mutation { cartClaim(input: { cartId: \"cart_1\" }) { userErrors { code } } }" }),
        )
        .await
}

#[tokio::test]
async fn a_guests_cookie_goes_once_the_cart_is_somebodys_and_not_before() {
    let edge = Edge::start().await;
    let mut browser = guest(&edge).await;
    browser.log_in().await;
    assert!(browser.cookies.contains_key(GUEST), "it is still to be claimed");
    let refused = claim(&edge, &mut browser, Value::Null).await;
    assert_eq!(refused.text, r#"{"data":{"cartClaim":{"userErrors":[]}}}"#);
    assert!(browser.cookies.contains_key(GUEST));
    claim(&edge, &mut browser, json!({ "__typename": "Cart" })).await;
    assert!(!browser.cookies.contains_key(GUEST) && browser.session().is_some());
}

#[tokio::test]
async fn signing_out_leaves_no_guest_behind() {
    let edge = Edge::start().await;
    let mut browser = guest(&edge).await;
    browser.log_in().await;
    browser.post("/auth/logout", json!({})).await;
    assert_eq!(browser.cookies.len(), 0);
}

#[tokio::test]
async fn a_secret_that_cannot_stand_in_a_cookie_is_not_put_there() {
    let edge = Edge::start().await;
    issued(&edge, Some("a; Domain=evil.example"));
    let mut browser = edge.browser();
    assert_eq!(browser.post("/graphql", json!({ "query": ADD })).await.header("set-cookie"), "");
}
