//! Pages of other origins: those that the shop names, and all others.

use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::json;

use crate::browser::Answer;
use crate::edge::Edge;

const ASKED: &str = "content-type,authorization,x-guest,x-mercato-csrf,apollo-require-preflight,traceparent";

async fn preflight(edge: &Edge, path: &str, origin: &str) -> Answer {
    let mut browser = edge.browser();
    let request = browser
        .request(Method::OPTIONS, path)
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", ASKED);
    browser.send(request).await
}

async fn post(edge: &Edge, origin: &str) -> Answer {
    let mut browser = edge.browser();
    let request = browser.request(Method::POST, "/graphql").header("origin", origin);
    browser.send(request.json(&json!({ "query": "{ __typename }" }))).await
}

fn words_of_cors(headers: &HeaderMap) -> usize {
    headers.keys().filter(|name| name.as_str().starts_with("access-control-")).count()
}

#[tokio::test]
async fn a_page_of_a_named_origin_may_ask_and_read() {
    let named = ["https://app.example".to_owned(), "http://dev.example:*".to_owned()];
    let edge = Edge::in_production(|settings| settings.origins = named.to_vec()).await;
    for origin in ["https://app.example", "http://dev.example:5173"] {
        for path in ["/graphql", "/auth/login", "/auth/session"] {
            let answer = preflight(&edge, path, origin).await;
            assert_eq!((answer.status, answer.text.as_str()), (204, ""), "{path}");
            assert_eq!(answer.header("access-control-allow-origin"), origin);
            assert_eq!(answer.header("access-control-allow-credentials"), "true");
            assert_eq!(answer.header("access-control-max-age"), "7200");
            let methods = answer.header("access-control-allow-methods");
            assert!(methods.contains("POST") && methods.contains("GET"), "{methods}");
            let allowed = answer.header("access-control-allow-headers");
            for header in ASKED.split(',') {
                assert!(allowed.split(',').any(|one| one.trim() == header), "{header} in {allowed}");
            }
        }
        let answer = post(&edge, origin).await;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, origin));
        let readable = answer.header("access-control-expose-headers");
        assert!(readable.contains("x-request-id") && readable.contains("retry-after"), "{readable}");
        assert!(answer.header("vary").contains("origin"), "{}", answer.header("vary"));
    }
}

#[tokio::test]
async fn a_page_of_an_unknown_origin_gets_no_word_of_cors() {
    let edge = Edge::in_production(|settings| settings.origins = vec!["https://app.example".to_owned()]).await;
    let mut refused = 0;
    for origin in [
        "https://evil.example",
        "http://app.example",
        "https://app.example.evil.example",
        "null",
        "http://localhost:3000",
    ] {
        let answer = preflight(&edge, "/graphql", origin).await;
        assert_eq!((answer.status, answer.code().as_str()), (403, "CSRF_SUSPECTED"));
        let message = answer.json()["errors"][0]["message"].as_str().unwrap().to_owned();
        assert!(
            message.contains("Origin") && message.contains(origin) && message.contains("edge.origins"),
            "{message}"
        );
        let posted = post(&edge, origin).await;
        assert_eq!((words_of_cors(&answer.headers), words_of_cors(&posted.headers)), (0, 0), "{origin}");
        refused += 1;
    }
    assert_eq!(refused, 5);
}

#[tokio::test]
async fn a_page_that_came_over_http_is_none_of_a_shop_that_has_https() {
    let edge = Edge::in_production(|settings| settings.hosts = vec!["api.example".to_owned()]).await;
    let mut cases = 0;
    for host in ["shop.example", "api.example"] {
        for (scheme, known) in [("https", true), ("http", false)] {
            let mut browser = edge.browser();
            let request = browser.request(Method::POST, "/graphql").header("host", host);
            let request =
                request.header("origin", format!("{scheme}://{host}")).json(&json!({ "query": "{ __typename }" }));
            let answer = browser.send(request).await;
            assert_eq!((answer.status, words_of_cors(&answer.headers) > 0), (200, known), "{scheme}://{host}");
            cases += 1;
        }
    }
    assert_eq!(cases, 4);
}

#[tokio::test]
async fn a_shop_for_its_own_machine_is_open_to_every_page_from_there() {
    let edge = Edge::start().await;
    for origin in ["http://localhost:3000", "http://127.0.0.1:5173", "http://[::1]:8080"] {
        let answer = preflight(&edge, "/graphql", origin).await;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (204, origin));
    }
    assert_eq!(preflight(&edge, "/graphql", "http://192.168.1.7:3000").await.status, 403);
}

#[tokio::test]
async fn a_page_behind_a_proxy_that_renames_the_host_may_use_the_session() {
    // As Vite's `changeOrigin` does: `Host` is the edge's, `Origin` the page's.
    let edge = Edge::start().await;
    let mut browser = edge.signed_in().await;
    let ask = |origin: &str| {
        let request = browser.request(Method::POST, "/graphql").header("origin", origin).header("x-mercato-csrf", "1");
        request.json(&json!({ "query": "{ __typename }" }))
    };
    let (ours, foreign) = (ask("http://localhost:5173"), ask("https://evil.example"));
    assert_eq!(browser.send(ours).await.status, 200);
    let refused = browser.send(foreign).await;
    assert_eq!((refused.status, refused.code().as_str()), (403, "CSRF_SUSPECTED"));
    let message = refused.json()["errors"][0]["message"].as_str().unwrap().to_owned();
    assert!(message.contains("`Origin`") && message.contains("edge.origins"), "{message}");
    assert!(!message.contains("x-mercato-csrf"), "it was sent: {message}");
}

#[tokio::test]
async fn exports_accounts_and_pages_are_shared_with_nobody() {
    let edge = Edge::start().await;
    for path in ["/auth/export/1", "/demo/accounts.json", "/", "/graphiql", "/auth/assets/auth.js"] {
        let mut browser = edge.browser();
        let request = browser.request(Method::GET, path).header("origin", "http://localhost:3000");
        let answer = browser.send(request).await;
        assert_eq!(words_of_cors(&answer.headers), 0, "{path}");
    }
}

#[tokio::test]
async fn options_that_ask_nothing_first_are_a_method_like_any_other() {
    let edge = Edge::start().await;
    let mut browser = edge.browser();
    let answer = browser.send(browser.request(Method::OPTIONS, "/graphql")).await;
    assert_eq!((answer.status, answer.header("allow")), (405, "GET, POST"));
}
