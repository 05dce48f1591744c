//! A browser never sees a token; an app brings its own.

use reqwest::Method;
use serde_json::json;

use crate::edge::Edge;

const LOGIN: &str = "mutation { userLogin(input: { email: \"a\", password: \"b\" }) { accessToken } }";
const HIDDEN: &str = "mutation { ...A } fragment A on Mutation { x: userLogin(input: { email: \"a\", password: \"b\" }) { y: accessToken } }";

#[tokio::test]
async fn a_page_may_not_ask_for_a_token_and_an_app_may() {
    let edge = Edge::start().await;
    let mut browser = edge.browser();
    for document in [LOGIN, HIDDEN] {
        let body = json!({ "query": document });
        let app = browser.request(Method::POST, "/graphql").json(&body);
        assert_eq!(browser.send(app).await.status, 200);
        for (header, value) in
            [("x-mercato-csrf", "1"), ("origin", &edge.url), ("sec-fetch-site", "same-origin"), ("cookie", "a=b")]
        {
            let page = browser.request(Method::POST, "/graphql").header(header, value).json(&body);
            let answer = browser.send(page).await;
            assert_eq!((answer.status, answer.code().as_str()), (403, "FORBIDDEN"), "{header}");
            assert!(answer.text.contains("sends POST /auth/login instead"), "{}", answer.text);
        }
    }
}

#[tokio::test]
async fn a_page_that_asks_for_a_token_is_told_its_own_way_to_the_same() {
    let edge = Edge::start().await;
    let mut browser = edge.browser();
    let document = "mutation { userStepUp(input: { password: \"a\" }) { accessToken } }";
    let answer = browser.post("/graphql", json!({ "query": document })).await;
    assert_eq!((answer.status, answer.code().as_str()), (403, "FORBIDDEN"));
    let said = answer.json()["errors"][0]["message"].as_str().unwrap().to_owned();
    assert!(said.contains("POST /auth/step-up") && !said.contains("/auth/login"), "{said}");
}

#[tokio::test]
async fn a_login_answers_with_a_cookie_and_without_a_token() {
    let edge = Edge::start().await;
    let mut browser = edge.browser();
    let answer = browser.log_in().await;
    assert_eq!(answer.json()["user"], json!({ "id": "user_ada", "displayName": "Ada" }));
    let everything = format!("{:?}{}", answer.headers, answer.text);
    assert!(!everything.contains("mrt_") && !everything.contains("eyJ"), "{everything}");
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    for attribute in ["__Host-mercato=", "Path=/", "Secure", "HttpOnly", "SameSite=Lax", "Max-Age=36000"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert_eq!(answer.headers["cache-control"], "no-store");
}

#[tokio::test]
async fn redis_holds_neither_cookie_nor_token() {
    let edge = Edge::start().await;
    let browser = edge.signed_in().await;
    let text = edge.redis_text().await;
    assert!(text.contains("mercato:session:"), "{text}");
    for secret in [browser.session().unwrap(), "mrt_", "eyJ", "Ada"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

#[tokio::test]
async fn the_router_gets_the_token_and_not_the_cookie() {
    let edge = Edge::start().await;
    let mut browser = edge.signed_in().await;
    assert_eq!(browser.ask().await.status, 200);
    let headers = edge.standin.told(|told| told.routed.pop()).unwrap();
    assert!(headers["authorization"].to_str().unwrap().starts_with("Bearer eyJ"));
    assert!(!headers.contains_key("cookie") && !headers.contains_key("x-mercato-csrf"));
}

#[tokio::test]
async fn a_bearer_token_counts_before_a_cookie() {
    let edge = Edge::start().await;
    let mut browser = edge.signed_in().await;
    let own = format!("Bearer {}", edge.standin.access_token("session_2"));
    let request = browser.request(Method::POST, "/graphql").header("authorization", &own);
    assert_eq!(browser.send(request.json(&json!({ "query": "{ __typename }" }))).await.status, 200);
    assert_eq!(edge.standin.told(|told| told.routed.pop()).unwrap()["authorization"], own);
}

#[tokio::test]
async fn tokens_of_a_session_that_has_ended_are_refused_at_once() {
    let edge = Edge::start().await;
    let mut browser = edge.signed_in().await;
    let mut app = edge.browser();
    let own = format!("Bearer {}", edge.standin.access_token("session_1"));
    let by_app = |app: &crate::browser::Browser| {
        app.request(Method::POST, "/graphql").header("authorization", &own).json(&json!({ "query": "{ __typename }" }))
    };
    assert_eq!((browser.ask().await.status, app.send(by_app(&app)).await.status), (200, 200));
    edge.end_in_users("session_1").await;
    // An app can ask its user to sign in; a page goes on as a guest's.
    let answer = app.send(by_app(&app)).await;
    assert_eq!((answer.status, answer.code().as_str()), (401, "UNAUTHENTICATED"));
    assert_eq!(browser.ask().await.told_of_the_session(), "SESSION_ENDED");
    assert_eq!(browser.session(), None);
}
